import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { Command } from 'commander'
import {
  changesBetween,
  changeTable,
  countPackages,
  findBreaking,
  foundLines,
  pairLocks,
  requireEnd,
  showLines,
  Tries,
  verdictOfTally,
  type LockPair,
} from '../bisect/index.js'
import { imagesOf, probeImage } from '../cloud/index.js'
import { StackrigError } from '../errors/index.js'
import {
  findImageVersions,
  packagesMissing,
  readLock,
  readRecipe,
  recipeDigest,
  type ImagesLock,
} from '../images/index.js'
import { makeFolder } from '../make-folder.js'
import { scenarioDigest, scenarioTopologies } from '../nightly/index.js'
import { cacheFolder } from '../paths.js'
import { findTopology } from '../scenario/index.js'
import { settings } from '../settings.js'
import { BisectCache } from './bisect-cache.js'
import { BisectTries } from './bisect-tries.js'
import { interrupted } from './interrupt.js'
import { listTests } from './list-tests.js'
import { markedTests } from './marked-tests.js'
import { print } from './print.js'
import { Progress } from './progress.js'
import { markedError } from './require-unmarked.js'
import { newResultsFolder } from './results-folder.js'
import { wholeNumber } from './side-by-side.js'

interface BisectOptions {
  good: string
  bad: string
  runs: number
  again?: boolean
}

/** `stackrig bisect`: which package broke a scenario. */
export function bisectCommand(): Command {
  return new Command('bisect')
    .description('find the package whose change from one images.lock to another breaks a scenario')
    .argument('<scenario>', 'a file of scenarios, as for `test`')
    .requiredOption('--good <lock>', 'an images.lock with whose packages it passes')
    .requiredOption('--bad <lock>', 'an images.lock with whose packages it fails')
    .option(
      '--runs <n>',
      'so many runs of each try: one that fails only now and then says nothing',
      wholeNumber,
      2,
    )
    .option('--again', 'make tries again that were made before')
    .action(bisect)
}

async function bisect(scenario: string, options: BisectOptions): Promise<void> {
  const { runs, again = false } = options
  if (settings().sweep !== undefined) {
    throw new StackrigError('USAGE', 'a bisect must run its scenario without the faults of a sweep', {
      seen: `STACKRIG_SWEEP=${settings().sweep ?? ''}`,
      next: 'unset STACKRIG_SWEEP',
    })
  }
  const [goodLock, badLock] = [readGivenLock('--good', options.good), readGivenLock('--bad', options.bad)]
  const [files = []] = await listTests([{ projects: ['scenarios'], files: [scenario], slow: true }])
  const paths = files.map(({ file }) => file)
  await requireTests(scenario, paths)
  const known = await imagesOfScenarios(paths)
  // A scenario whose topology is not known here may stand on any image.
  const names =
    known.length > 0 ? known : Object.keys(goodLock.images).filter((name) => name in badLock.images)
  const locks = pairLocks(goodLock, badLock, names)
  const changes = changesBetween(locks.good, locks.bad)
  if (changes.length === 0) {
    throw new StackrigError(
      'USAGE',
      'the two locks must differ in the packages of the images of the scenario',
      {
        where: `${options.good}, ${options.bad}`,
        seen: `images of ${paths.join(' ')} in both: ${Object.keys(locks.good).join(', ') || 'none'}`,
      },
    )
  }
  print(`${countPackages(changes)} packages moved:`, ...changeTable(changes), ...recipeNotes(locks), '')
  await requireAllVersions(locks)
  await using cache = await BisectCache.open()
  const sources = await Promise.all(paths.map((path) => scenarioDigest(path)))
  const folder = newResultsFolder(`bisect-${process.pid}`)
  const images = [...new Set([...names.filter((name) => !(name in locks.imported)), probeImage])]
  const tries = new BisectTries({
    ...{ locks, changes, images, sources, runs, cache, again, folder },
    words: [...paths, '--project', 'scenarios'],
    tries: new Tries(join(cacheFolder(), 'bisect', 'tries.json')),
  })
  const name = paths.join(' ')
  requireEnd('good', await tries.judge([]), { scenario: name, lock: options.good })
  const bad = await tries.judge(changes)
  requireEnd('bad', bad, { scenario: name, lock: options.bad })
  const found = await findBreaking(changes, {
    possible: (some) => tries.possible(some),
    judge: async (some) => verdictOfTally(await tries.judge(some, bad.cause), bad.cause),
  })
  // First of all: there may be no room for the locks.
  print('', ...foundLines(found, name))
  makeFolder(folder)
  const passes = tries.write(found.before, join(folder, 'passes.lock'))
  const fails = tries.write([...found.before, ...found.culprits], join(folder, 'fails.lock'))
  print(...showLines(name, { passes, fails }))
}

/** @throws StackrigError USAGE when no test runs, or one is marked as known to fail */
async function requireTests(scenario: string, paths: readonly string[]): Promise<void> {
  if (paths.length === 0)
    throw new StackrigError('USAGE', 'there must be tests that run', { seen: `${scenario}: no tests` })
  const [marked] = await markedTests(paths)
  if (marked) throw markedError(marked, 'what is bisected')
}

/** @throws StackrigError USAGE, LOCK_INVALID */
function readGivenLock(option: string, path: string): ImagesLock {
  const file = resolve(path)
  if (existsSync(file)) return readLock(file)
  throw new StackrigError('USAGE', `${option} must name an images.lock`, {
    seen: `no ${file}`,
    next: `git show COMMIT:images.lock >${path}`,
  })
}

async function imagesOfScenarios(paths: readonly string[]): Promise<string[]> {
  const names = (await Promise.all(paths.map(scenarioTopologies))).flat()
  const topologies = await Promise.all([...new Set(names)].map(findTopology))
  return [...new Set(topologies.flatMap(imagesOf))].sort()
}

/** Recipes are those of now: with those of then it might be something else that breaks. */
function recipeNotes({ good, bad }: LockPair): string[] {
  const changed = Object.keys(good).filter((name) => {
    const now = recipeDigest(readRecipe(name))
    return good[name]?.recipeDigest !== now || bad[name]?.recipeDigest !== now
  })
  if (changed.length === 0) return []
  return [`recipes are those of this checkout; a lock was written with other ones of ${changed.join(', ')}`]
}

/** @throws StackrigError PACKAGE_MISSING with all that nobody has */
async function requireAllVersions({ good, bad }: LockPair): Promise<void> {
  using progress = new Progress()
  progress.say('looking for every version of both locks')
  const missing = new Map<string, Set<string>>()
  for (const entries of [good, bad]) {
    for (const [name, { packages }] of Object.entries(entries)) {
      const found = await findImageVersions(readRecipe(name).recipe, packages, interrupted)
      for (const one of found.missing) missing.set(one, (missing.get(one) ?? new Set()).add(name))
    }
  }
  if (missing.size === 0) return
  throw packagesMissing([...missing].map(([one, images]) => `${one} (image ${[...images].join(', ')})`))
}
