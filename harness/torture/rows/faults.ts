import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { errorCodes } from '../../errors/index.js'
import { inspectBuilt } from '../../images/inspect-built.js'
import { readRecipe } from '../../images/index.js'
import { recipeDigest } from '../../images/recipe-digest.js'
import { removeAbandoned, removeSnapshot, snapshotRoot, type Snapshot } from '../../snapshot/index.js'
import { settings } from '../../settings.js'
import { leftovers } from '../../testing/leftovers.js'
import { pairGolden } from '../../testing/pocket.js'
import { startScript, type Failure } from '../../testing/script.js'
import { openBuildPlace, type BuildPlace } from '../build-place.js'
import { eventually } from '../eventually.js'
import { beginCounting, FailCall, missingCompiler, type Fault, type Kind } from '../fail-call.js'
import { openPlace, type OwnPlace } from '../own-place.js'
import type { Row } from '../row.js'

/** What is tried: lines of a script, after those that nothing happens to. */
const jobs = {
  fork: ['const golden = await pairGolden()', 'forkCluster(golden).then((fork) => fork.close())'],
  save: [
    'const golden = await pairGolden()',
    "ensureStage(golden, { name: 'faults', version: '1', reach: async () => undefined }, {})",
  ],
  build: ['', "buildImages(['pocket'], { force: true })"],
} as const
type Job = keyof typeof jobs
const names = Object.keys(jobs) as Job[]

/** How many calls of each kind a job makes, and a few more; how many they are differs a little from one time to the next. */
const calls: Record<Job, Record<Kind, number>> = {
  fork: { disk: 20, read: 30, descriptors: 130 },
  save: { disk: 60, read: 320, descriptors: 170 },
  build: { disk: 80, read: 130, descriptors: 160 },
}
const errnos: Record<Kind, readonly Fault['errno'][]> = {
  disk: ['ENOSPC', 'EIO'],
  read: ['EIO'],
  descriptors: ['EMFILE'],
}

/** Every job with every fault: at one call, or at it and all after it. */
const cases = names.flatMap((job) =>
  (Object.keys(errnos) as Kind[]).flatMap((kind) =>
    errnos[kind].flatMap((errno) =>
      Array.from({ length: 2 * calls[job][kind] }, (_, index) => {
        const first = 1 + (index >> 1)
        return { job, fault: { kind, errno, first, last: index % 2 === 0 ? first : 1e9 } }
      }),
    ),
  ),
)
/** Two neighbouring seeds are cases far from each other; one after the other they are all of them. */
const stride = 7919

/** ms; a job that has not ended by then hangs. */
const longest = 180_000

let place: OwnPlace
let golden: Snapshot
let building: BuildPlace | undefined
let failing: Record<Job, FailCall>
const codes = new Map<string, number>()

/** A disk that is full or broken, or too few descriptors, at the n-th call of a job, or from it on. */
export const row: Row = {
  name: 'faults',
  amounts: { small: Math.round(cases.length / 10), nightly: cases.length },
  missing: missingCompiler,
  open: async () => {
    const debs = join(settings().cache, 'debs')
    place = openPlace()
    golden = await pairGolden()
    building = openBuildPlace(place.folder, debs)
    const inCache = new FailCall(place.folder, place.folder)
    const inBuild = new FailCall(building?.cache ?? place.folder, building?.cache ?? place.folder)
    failing = { fork: inCache, save: inCache, build: inBuild }
    return place
  },
  attempt: async (seed) => {
    const possible = building ? cases : cases.filter(({ job }) => job !== 'build')
    const { job, fault } = possible[(seed * stride) % possible.length] ?? {}
    if (job === undefined || fault === undefined) throw new RangeError('there is nothing to attempt')
    const { kind, errno, first, last } = fault
    try {
      await attemptWith(job, fault)
    } catch (cause) {
      throw new Error(`${job} with ${errno} at ${kind} call ${first}${last > first ? ' and after' : ''}`, {
        cause,
      })
    }
  },
  report: () =>
    [...codes].map(([code, count]) => `${code} ${count}`).join(', ') +
    (building ? '' : '; no build: the packages of the pocket image are not in the cache'),
}

async function attemptWith(job: Job, fault: Fault): Promise<void> {
  const before = new Set(await readdir(snapshotRoot()))
  const code = await codeOf(job, fault)
  const hit = failing[job].count >= fault.first
  const shown = hit ? code : `${code} (there were fewer calls)`
  codes.set(shown, (codes.get(shown) ?? 0) + 1)
  await eventually(leftovers, 'left')
  const after = await pairGolden()
  if (after.made.getTime() !== golden.made.getTime())
    throw new Error('the golden snapshot was whole, and is gone')
  if (job === 'build') await requireWholeImage()
  else await requireNothingElse(before)
}

async function codeOf(job: Job, fault: Fault): Promise<string> {
  const [before, work] = jobs[job]
  const env = { ...failing[job].environment(fault), ...(job === 'build' && building?.env) }
  const script = startScript(`${before}\n${beginCounting}\nawait fails(${work})`, { env })
  const late = setTimeout(() => script.kill('SIGKILL'), longest)
  const { stdout, stderr, signal } = await script
  clearTimeout(late)
  if (signal === 'SIGKILL') throw new Error(`it did not end: ${stdout}`)
  const told = stdout.split('\n').find((line) => line.startsWith('{'))
  if (told === undefined) throw new Error(`it told nothing: ${stderr.slice(-2000)}`)
  const { code, message } = JSON.parse(told) as Partial<Failure>
  const documented: readonly string[] = ['none', ...errorCodes]
  if (code === undefined || !documented.includes(code) || code === 'INTERNAL')
    throw new Error(`${code ?? 'no code'}: ${message ?? ''}`)
  return code
}

async function requireWholeImage(): Promise<void> {
  const digest = recipeDigest(readRecipe('pocket'))
  const folder = join(building?.cache ?? '', 'images', `pocket-${digest.slice(0, 12)}`)
  if (!existsSync(folder)) return
  const found = await inspectBuilt(folder, digest)
  if (found.state !== 'whole') throw new Error(`an image is there that is ${found.state}`)
}

/** The place may be shared: what other rows made was there `before`. */
async function requireNothingElse(before: ReadonlySet<string>): Promise<void> {
  await removeAbandoned(snapshotRoot())
  for (const name of (await readdir(snapshotRoot())).filter((entry) => !before.has(entry))) {
    if (!name.startsWith('pair-faults-') || name.endsWith('.bad')) throw new Error(`left: ${name}`)
    await removeSnapshot(join(snapshotRoot(), name))
  }
}
