import { existsSync } from 'node:fs'
import { readdir, readFile, rm } from 'node:fs/promises'
import { basename } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { parseLock } from '../../images/lock-file.js'
import {
  ensureStage,
  forkCluster,
  removeAbandoned,
  removeSnapshot,
  snapshotRoot,
} from '../../snapshot/index.js'
import { leftovers } from '../../testing/leftovers.js'
import { pairGolden } from '../../testing/pocket.js'
import { firstReport, startScript } from '../../testing/script.js'
import { eventually } from '../eventually.js'
import { jobs, lockOf, type Job } from '../jobs.js'
import { openPlace, type OwnPlace } from '../own-place.js'
import { Chance } from '../random.js'
import type { Row } from '../row.js'

const names = Object.keys(jobs) as Job[]
/** How long each takes on this machine, ms; what was seen of it counts from then on. */
const lengths = new Map<Job, number>()
const firstGuess = 3000

let place: OwnPlace
const counts = new Map<Job, { killed: number; ended: number }>(
  names.map((name) => [name, { killed: 0, ended: 0 }]),
)

/** SIGKILL at a random moment of whatever a process does: nothing is left, and the next run works unaided. */
export const row: Row = {
  name: 'kill',
  amounts: { small: 50, nightly: 1000 },
  open: async () => {
    place = openPlace()
    await pairGolden()
    return place
  },
  attempt: async (seed) => {
    const chance = new Chance(seed)
    const name = names[seed % names.length] ?? 'boot'
    const when = await killed(name, seed, chance)
    try {
      await eventually(leftovers, 'left')
      await next(name, seed)
    } catch (cause) {
      throw new Error(`${name}, killed ${when}`, { cause })
    }
  },
  report: () =>
    [...counts]
      .map(([name, { killed, ended }]) => `${name}: ${killed} killed, ${ended} ended before`)
      .join('; '),
}

/** Starts a job, and kills it some time after it has said that it begins. */
async function killed(name: Job, seed: number, chance: Chance): Promise<string> {
  const script = startScript(jobs[name](seed, place.folder))
  try {
    await firstReport(script)
    const began = performance.now()
    const after = 1.2 * (lengths.get(name) ?? firstGuess) * chance.fraction()
    const ended = script.then(() => true)
    const over = new AbortController()
    const late = delay(after, false, { signal: over.signal }).catch(() => false)
    const hasEnded = await Promise.race([ended, late])
    over.abort()
    const count = counts.get(name)
    if (count) count[hasEnded ? 'ended' : 'killed'] += 1
    lengths.set(name, Math.max(performance.now() - began, hasEnded ? 1 : (lengths.get(name) ?? firstGuess)))
    return hasEnded ? 'after its end' : `after ${Math.round(after)} ms`
  } finally {
    script.kill('SIGKILL')
    await script
  }
}

/** What comes after: it finds what there was, and makes what was not finished. */
async function next(name: Job, seed: number): Promise<void> {
  if (name === 'import') {
    const lock = lockOf(place.folder)
    if (existsSync(lock)) parseLock(await readFile(lock, 'utf8'), lock)
    const again = startScript(jobs.import(seed, place.folder))
    const { exitCode, stderr } = await again
    if (exitCode !== 0) throw new Error(stderr)
    await rm(lock)
    return
  }
  const golden = await pairGolden()
  const unfinished = name === 'save' || name === 'prune'
  const stage = { name: 'kill', version: String(seed), reach: () => Promise.resolve() }
  const kept = unfinished ? await ensureStage(golden, stage, {}) : golden
  {
    await using fork = await forkCluster(kept)
    const said = await Promise.all(fork.nodes.map((node) => node.run`hostname`))
    if (said.join() !== 'one,two') throw new Error(`the nodes are ${said.join()}`)
  }
  if (unfinished) await removeSnapshot(kept.folder)
  await removeAbandoned(snapshotRoot())
  const allowed = new Set([basename(golden.folder)])
  const others = (await readdir(snapshotRoot())).filter((entry) => !allowed.has(entry) && !isPocket(entry))
  if (others.length > 0) throw new Error(`left: ${others.join(', ')}`)
}

/** The scenario's own, of the topology that it names. */
const isPocket = (entry: string): boolean => /^pocket-[0-9a-f]+$/.test(entry)
