import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { Command, Option } from 'commander'
import { humanDuration } from '../duration.js'
import { StackrigError } from '../errors/index.js'
import { tryLock, type FileLock } from '../file-lock.js'
import { makeFolder } from '../make-folder.js'
import {
  findPart,
  History,
  nightlyPage,
  overviewOf,
  parseShard,
  partNames,
  readQuarantine,
  readShardNotes,
  readSpreadPlan,
  shardNoteName,
  shardNoteText,
  type NightRun,
  type Quarantined,
  type SpreadPlan,
} from '../nightly/index.js'
import { cacheFolder, isCheckout, projectFolder } from '../paths.js'
import { replaceFile } from '../replace-file.js'
import { finishNight, tellNight } from './finish-night.js'
import { namesOption } from './names-option.js'
import { fileName, NightRunner } from './night-runner.js'
import { mergeShards } from './merge-shards.js'
import { planNight, type NightPlan } from './plan-night.js'
import { print } from './print.js'
import { resultsRoot } from './results-folder.js'
import { jobsOption, wholeNumber, type Jobs } from './side-by-side.js'
import { planOfShard, spreadNight } from './spread-night.js'

/** So many nights are on the page. */
const shownNights = 30

interface NightlyOptions {
  only?: string[]
  jobs: Jobs
  again?: boolean
  torture: 'small' | 'nightly'
  page?: boolean
  shard?: string
  plan?: string
  shards?: number
  writePlan?: string
  merge?: string[]
}

/** `stackrig nightly`: everything, every night. */
export function nightlyCommand(): Command {
  return new Command('nightly')
    .description('run everything, or some parts, merge the results, and tell how the nights went')
    .option('--only <parts>', `of ${partNames(isCheckout).join(', ')}; several with commas`, namesOption)
    .option(
      '--jobs <n>',
      'so many runs side by side; auto: as memory and processors allow',
      jobsOption,
      'auto',
    )
    .option('--again', 'begin anew, instead of going on where a night of this was broken off')
    .addOption(new Option('--torture <amount>', 'how much').choices(['small', 'nightly']).default('nightly'))
    .option('--page', 'write the page out of the history, and run nothing')
    .option('--shard <i/n>', 'run what the i-th of n machines runs of it')
    .option('--plan <file>', 'of --shard: as the plan spreads it that --write-plan has written')
    .option('--write-plan <file>', 'write how --shards machines share it, and run nothing')
    .option('--shards <n>', 'of --write-plan: how many machines', wholeNumber)
    .option('--merge <folders...>', 'make one night of what machines have left in their folders of results')
    .action(async (options: NightlyOptions) => {
      requireSense(options)
      const project = projectName()
      const quarantine = readQuarantine()
      using history = await History.open()
      if (options.page) {
        print(await writePage(history, project))
        return
      }
      if (options.merge) {
        process.exitCode = await mergeNight(options.merge, { history, project, quarantine })
        return
      }
      const names = partNames(isCheckout).filter((name) => options.only?.includes(name) ?? true)
      for (const name of options.only ?? []) findPart(name, isCheckout)
      const plan = await planNight(names, { history, project, amount: options.torture })
      if (options.writePlan !== undefined) {
        const spread = await spreadNight(plan, options.shards ?? 1)
        writeFileSync(options.writePlan, `${JSON.stringify(spread, null, 2)}\n`)
        print(...spread.shards.map(shardLine))
        return
      }
      const given = { history, project, quarantine, plan }
      process.exitCode =
        options.shard === undefined ? await runWhole(given, options) : await runShard(given, options)
    })
}

interface NightlyGiven {
  history: History
  project: string
  quarantine: readonly Quarantined[]
}

type PlannedNight = NightlyGiven & { plan: NightPlan }

/** @throws StackrigError USAGE for options that say nothing together. */
function requireSense({ page, merge, shard, plan, shards, writePlan }: NightlyOptions): void {
  const one = [page, merge, shard, writePlan].filter((option) => option !== undefined)
  if (one.length > 1)
    throw new StackrigError('USAGE', '--page, --merge, --shard and --write-plan must stand alone')
  if (plan !== undefined && shard === undefined)
    throw new StackrigError('USAGE', '--plan must stand beside --shard')
  if ((writePlan === undefined) !== (shards === undefined))
    throw new StackrigError('USAGE', '--write-plan and --shards must stand together')
}

/** @returns the exit status */
async function runWhole(
  given: PlannedNight,
  { jobs, again = false, torture }: NightlyOptions,
): Promise<number> {
  const { history, project, quarantine, plan } = given
  await using lock = await lockNight(project)
  const night = new NightRunner({ history, project, title: project, plan, jobs, again, torture })
  const runs = await night.run(() => writePage(history, project))
  const finished = await finishNight(inProject(runs), quarantine)
  requireHeld(lock)
  history.endNight(night.night, finished.exitStatus)
  tellNight(finished, [`page: ${await writePage(history, project)}`])
  return finished.exitStatus
}

/** What one machine runs; what it leaves is merged later. @returns the exit status */
async function runShard(given: PlannedNight, options: NightlyOptions): Promise<number> {
  const { history, project, quarantine, plan } = given
  const { jobs, again = false, torture } = options
  const shard = parseShard(options.shard ?? '')
  const spread =
    options.plan === undefined ? await spreadNight(plan, shard.count) : readSpreadPlan(options.plan)
  if (spread.key !== plan.key || spread.shards.length !== shard.count) {
    throw new StackrigError('USAGE', 'a plan must be of these sources, these parts and so many shards', {
      where: options.plan,
      next: 'write it anew where these sources are: npx stackrig nightly --write-plan FILE --shards N',
    })
  }
  const title = `${project} (${shard.index} of ${shard.count})`
  await using lock = await lockNight(title)
  const own = planOfShard(plan, spread, shard.index)
  const night = new NightRunner({ history, project, title, plan: own, jobs, again, torture })
  const runs = await night.run(() => Promise.resolve())
  const file = join(resultsRoot, 'nightly', shardNoteName(shard))
  makeFolder(dirname(file))
  replaceFile(file, shardNoteText({ index: shard.index, plan: spread, runs }))
  const finished = await finishNight(inProject(runs), quarantine)
  requireHeld(lock)
  history.endNight(night.night, finished.exitStatus)
  tellNight(finished, [`for --merge: ${file}`])
  // A machine for which nothing is left has done its part.
  return runs.length === 0 ? 0 : finished.exitStatus
}

/** @returns the exit status */
async function mergeNight(
  folders: readonly string[],
  { history, project, quarantine }: NightlyGiven,
): Promise<number> {
  const { plan, runs, missing } = mergeShards(readShardNotes(folders.map((folder) => resolve(folder))))
  const night = history.beginNight({ project, plan: `merged ${plan.key}` }, plan.parts)
  for (const run of runs) history.addRun(night, run)
  const finished = await finishNight(runs, quarantine, missing)
  history.endNight(night, finished.exitStatus)
  tellNight(finished, [`page: ${await writePage(history, project)}`])
  return finished.exitStatus
}

/** @throws StackrigError USAGE while another night of this title runs. */
async function lockNight(title: string): Promise<FileLock> {
  const lock = await tryLock(join(cacheFolder(), 'nightly', `${fileName(title)}.lock`))
  if (lock) return lock
  throw new StackrigError('USAGE', `one night of ${title} runs at a time here`, {
    next: 'wait until the other has ended, or end it',
  })
}

/** @throws StackrigError HOST_FOLDER when its file was removed meanwhile: another process may have run the same night. */
function requireHeld(lock: FileLock): void {
  if (lock.held) return
  throw new StackrigError('HOST_FOLDER', 'the lock of a night must stay until it is over', {
    ...{
      where: lock.path,
      seen: 'its file was removed',
      next: 'start again, and leave the cache alone meanwhile',
    },
  })
}

/** A program leaves no folder. */
const inProject = (runs: readonly NightRun[]): NightRun[] =>
  runs.map((run) => ({ ...run, folder: join(projectFolder, run.folder) }))

const shardLine = ({ pieces, goldens, takes }: SpreadPlan['shards'][number], at: number): string =>
  `  ${at + 1}: ${pieces.length} pieces, golden snapshots: ${goldens.join(', ') || 'none'}, about ${humanDuration(takes)}`

/** @returns the path of the page */
async function writePage(history: History, project: string): Promise<string> {
  const nights = history.nights(project, shownNights).toReversed()
  const overview = overviewOf(
    nights,
    nights.map((night) => history.outcomesOf(night)),
  )
  const folder = join(resultsRoot, 'nightly')
  makeFolder(folder)
  const file = join(folder, 'index.html')
  replaceFile(file, await nightlyPage(overview, project))
  return file
}

/** What a project is called in the history: the same in every checkout of it. */
function projectName(): string {
  const { name } = JSON.parse(readFileSync(join(projectFolder, 'package.json'), 'utf8')) as { name?: unknown }
  if (typeof name === 'string' && name !== '') return name
  throw new StackrigError('USAGE', 'package.json must say the name of the project', { where: projectFolder })
}
