import { Command, Option } from 'commander'
import { execa } from 'execa'
import { packageFolder, projectFolder } from '../paths.js'
import { countLines, exitStatus, failureList } from '../report/index.js'
import { interrupted } from './interrupt.js'
import { prepareWithStages } from './prepare-with-stages.js'
import { print, printAnnotations, terminalOptions } from './print.js'
import { Progress } from './progress.js'
import { runVitest } from './run-vitest.js'

interface TestOptions {
  project?: string[]
  all?: boolean
  keep?: boolean
}

/** Whether the tests are stackrig's own, or those of a project that uses it: its scenarios prepare what they need. */
const isCheckout = projectFolder === packageFolder

/** `stackrig test`: everything. */
export function testCommand(): Command {
  return new Command('test')
    .description('run the checks, the unit tests, the pocket cluster tests and the scenarios')
    .argument('[files...]', 'only these test files: whole names, or parts of their paths')
    .addOption(
      new Option('--project <name...>', 'only these').choices(['unit', 'vm', 'scenarios', 'all-in-one']),
    )
    .option('--all', 'also all-in-one, and the tests tagged "slow"; files that are named run with theirs')
    .option('--keep', 'keep the moments of scenarios that passed, too')
    .action(async (files: string[], options: TestOptions) => {
      const own = ['unit', 'vm', 'scenarios', ...(options.all ? ['all-in-one'] : [])]
      const projects = options.project ?? (isCheckout ? own : ['scenarios'])
      const checked = options.project || files.length > 0 ? true : await runChecks()
      if (files.length === 0 && isCheckout) await prepareAll(projects)
      const slow = (options.all ?? false) || files.length > 0
      const { run, folder } = await runVitest({ projects, files, slow }, { keep: options.keep })
      print(...failureList(run, terminalOptions()), `report: ${folder}`)
      printAnnotations(run)
      if (!checked) print('npm run check failed')
      print(...countLines(run, slow ? 'they say why' : 'those tagged slow: npm run test:all'))
      // The checks find what is wrong in scenarios and in the harness alike.
      process.exitCode = checked ? exitStatus(run) : 1
    })
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

/** So that no test's time-out pays for images and golden snapshots (also of stages), and a person sees what takes so long. */
async function prepareAll(projects: string[]): Promise<void> {
  using progress = new Progress()
  const topologies = { vm: 'pocket', scenarios: 'three-node', 'all-in-one': 'all-in-one' }
  for (const [project, name] of Object.entries(topologies)) {
    if (!projects.includes(project)) continue
    await prepareWithStages(name, progress)
  }
}
