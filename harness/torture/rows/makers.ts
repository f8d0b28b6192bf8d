import { readdir } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import {
  ensureStage,
  forkCluster,
  removeSnapshot,
  snapshotRoot,
  type Snapshot,
} from '../../snapshot/index.js'
import { pairGolden } from '../../testing/pocket.js'
import { firstReport, startScript } from '../../testing/script.js'
import { hasMovedClocks, movedClock } from '../moved-clock.js'
import { openPlace } from '../own-place.js'
import { Chance } from '../random.js'
import type { Row } from '../row.js'

/** How long a maker may take that others keep waiting and that is stopped again and again, ms. */
const longest = 300_000
/** How long one is stopped at most, ms. */
const longestStop = 3000

let golden: Snapshot<'one' | 'two'>
const counts = { makers: 0, stops: 0 }

interface Made {
  made: boolean
  took: number
}

/** Of 2 to 8 makers of one snapshot, stopped and continued at random, one publishes; its files are that maker's only. */
export const row: Row = {
  name: 'makers',
  amounts: { small: 100, nightly: 10_000 },
  open: async () => {
    const place = openPlace()
    golden = await pairGolden()
    return place
  },
  attempt: async (seed) => {
    const chance = new Chance(seed)
    // Other rows may have snapshots here, too.
    const before = await readdir(snapshotRoot())
    const makers = Array.from({ length: 2 + chance.below(7) }, (_, maker) =>
      startScript(lines(seed, maker), {
        env: chance.below(2) === 0 && hasMovedClocks() ? movedClock(chance) : {},
      }),
    )
    counts.makers += makers.length
    const late = setTimeout(() => {
      for (const maker of makers) maker.kill('SIGKILL')
    }, longest)
    const results = Promise.all(makers.map((maker) => firstReport<Made>(maker)))
    // Looked at after the disturbance has ended.
    results.catch(() => undefined)
    const ended = Promise.allSettled(makers)
    try {
      await disturb(makers, ended, chance)
      const made = await results
      await requireOne(made, seed, before)
    } finally {
      clearTimeout(late)
      for (const maker of makers) maker.kill('SIGKILL')
      await ended
    }
  },
  report: () =>
    `${counts.makers} makers, stopped ${counts.stops} times; clocks ${hasMovedClocks() ? 'moved for half of them' : 'not moved: package faketime is not installed'}`,
}

const lines = (seed: number, maker: number): string => `
  let made = false
  const { took } = await ensureStage(await pairGolden(), {
    name: 'makers', version: '${seed}',
    reach: async (cluster) => {
      made = true
      for (const node of cluster.nodes) await node.run\`echo ${maker} >/root/maker\`
    },
  }, {})
  report({ made, took })`

/** Stops one or the other and lets it go on, until all have ended. */
async function disturb(
  makers: ReturnType<typeof startScript>[],
  ended: Promise<unknown>,
  chance: Chance,
): Promise<void> {
  const over = new AbortController()
  void ended.then(() => over.abort())
  const pause = (): Promise<unknown> =>
    delay(chance.below(longestStop), undefined, { signal: over.signal }).catch(() => undefined)
  while (!over.signal.aborted) {
    const maker = chance.one(makers)
    await pause()
    if (!maker.kill('SIGSTOP')) continue
    counts.stops += 1
    await pause()
    maker.kill('SIGCONT')
  }
}

async function requireOne(all: readonly Made[], seed: number, before: readonly string[]): Promise<void> {
  const publishers = all.flatMap(({ made }, maker) => (made ? [String(maker)] : []))
  const [publisher = ''] = publishers
  if (publishers.length !== 1 || new Set(all.map(({ took }) => took)).size !== 1)
    throw new Error(`published by ${JSON.stringify(publishers)}; told ${JSON.stringify(all)}`)
  const reach = (): Promise<never> => Promise.reject(new Error('it is not there any more'))
  const kept = await ensureStage(golden, { name: 'makers', version: String(seed), reach }, {})
  {
    await using fork = await forkCluster(kept)
    const found = await Promise.all(fork.nodes.map((node) => node.run`cat /root/maker`))
    if (found.some((maker) => maker !== publisher))
      throw new Error(`published by ${publisher}; its nodes are of ${found.join(' and ')}`)
  }
  await removeSnapshot(kept.folder)
  const others = (await readdir(snapshotRoot())).filter((name) => !before.includes(name))
  if (others.length > 0) throw new Error(`left: ${others.join(', ')}`)
}
