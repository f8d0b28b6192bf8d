import { Command, InvalidArgumentError, Option } from 'commander'
import { execa } from 'execa'
import { StackrigError } from '../errors/index.js'
import { isCheckout, projectFolder } from '../paths.js'
import { countLines, exitStatus, failureList, heldList } from '../report/index.js'
import type { Overlay } from '../scenario/index.js'
import { interrupted } from './interrupt.js'
import { namesOption } from './names-option.js'
import { overlayOption } from './overlay-option.js'
import { prepareAll } from './prepare-all.js'
import { print, printAnnotations, terminalOptions } from './print.js'
import { exitStatusOfRepeat, repeatTests } from './repeat.js'
import { runVitest } from './run-vitest.js'
import { jobsOption, wholeNumber, type Jobs } from './side-by-side.js'
import { wordsForEachRun } from './words-for-each-run.js'

interface TestOptions {
  project?: string[]
  all?: boolean
  keep?: boolean
  hold?: boolean
  until?: string
  overlay?: Overlay[]
  restart?: string[]
  label?: string
  tags?: string[]
  repeat?: number
  jobs?: Jobs
  untilFail?: boolean
}

/** Whether the tests are stackrig's own, or those of a project that uses it: its scenarios prepare what they need. */

/** `stackrig test`: everything. */
export function testCommand(): Command {
  return new Command('test')
    .description('run the checks, the unit tests, the pocket cluster tests and the scenarios')
    .argument('[files...]', 'only these test files: whole names, or parts of their paths')
    .addOption(
      new Option('--project <name...>', 'only these').choices(['unit', 'vm', 'scenarios', 'all-in-one']),
    )
    .option('--all', 'also all-in-one, and the tests tagged "slow"; files that are named run with theirs')
    .option('--keep', 'keep the moments, timelines and packets of scenarios that passed, too')
    .option('--hold', 'leave the clusters of scenarios that fail running, for shell, console and down')
    .option('--until <step>', 'stop after this outermost step (its number, or a part of its name), and hold')
    .option(
      '--overlay <node=folder>',
      'lay a folder over the root folder of a node of every fork; may be repeated',
      overlayOption,
    )
    .option('--restart <units>', 'services that are restarted after that; several with commas', namesOption)
    .option(
      '--tags <tags>',
      'only tests with these tags, and without those that begin with "!"; several with commas',
      namesOption,
    )
    .option('--label <word>', 'what the name of the folder of results ends with', labelOption)
    .option('--repeat <n>', 'run the named files so many times, and say how often they pass', wholeNumber)
    .option(
      '--jobs <n>',
      'of --repeat: so many runs side by side; auto (the default): as memory and processors allow',
      jobsOption,
    )
    .option('--until-fail', 'of --repeat: begin no other run after one that failed')
    .action(async (files: string[], options: TestOptions) => {
      requireSense(files, options)
      if (options.repeat !== undefined) {
        const { repeat: runs, jobs = 'auto', untilFail = false } = options
        const words = wordsForEachRun({ files, ...options })
        process.exitCode = exitStatusOfRepeat(await repeatTests({ words, runs, jobs, untilFail }))
        return
      }
      const own = ['unit', 'vm', 'scenarios', ...(options.all ? ['all-in-one'] : [])]
      const projects = options.project ?? (isCheckout ? own : ['scenarios'])
      const checked = options.project || files.length > 0 ? true : await runChecks()
      if (files.length === 0 && isCheckout) await prepareAll(projects)
      const { tags } = options
      const slow = (options.all ?? false) || files.length > 0 || tags !== undefined
      const { run, folder } = await runVitest(
        { projects, files, slow, ...(tags && { tags }) },
        { ...options, overlays: options.overlay },
      )
      print(...failureList(run, terminalOptions()), ...heldList(run, terminalOptions()), `report: ${folder}`)
      printAnnotations(run)
      if (!checked) print('npm run check failed')
      print(...countLines(run, slow ? 'they say why' : 'those tagged slow: npm run test:all'))
      // The checks find what is wrong in scenarios and in the harness alike.
      process.exitCode = checked ? exitStatus(run) : 1
    })
}

/** @throws StackrigError USAGE for options that say nothing together. */
function requireSense(files: readonly string[], options: TestOptions): void {
  const { until, repeat, jobs, untilFail, label } = options
  if (until !== undefined && files.length === 0)
    throw new StackrigError('USAGE', '--until must stop in files that are named')
  if (repeat === undefined) {
    if (jobs !== undefined || untilFail)
      throw new StackrigError('USAGE', '--jobs and --until-fail must stand beside --repeat')
    return
  }
  if (files.length === 0) throw new StackrigError('USAGE', '--repeat must run files that are named')
  if (until !== undefined || label !== undefined || options.all)
    throw new StackrigError('USAGE', '--repeat must stand without --until, --label and --all')
}

/** A part of a folder's name. */
function labelOption(text: string): string {
  if (/^[\w.-]{1,80}$/.test(text)) return text
  throw new InvalidArgumentError('letters, digits, dots, dashes and underscores are wanted')
}

/** Format, types and lint. */
async function runChecks(): Promise<boolean> {
  const result = await execa('npm', ['run', '--silent', '--if-present', 'check'], {
    cwd: projectFolder,
    stdio: ['ignore', 'inherit', 'inherit'],
    reject: false,
    cancelSignal: interrupted,
  })
  return result.exitCode === 0
}
