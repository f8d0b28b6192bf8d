import { Command, Option } from 'commander'
import { execa } from 'execa'
import { projectFolder } from '../paths.js'
import { interrupted } from './interrupt.js'
import { Progress } from './progress.js'
import { makeResultsFolder, runVitest } from './run-vitest.js'
import { prepareWithStages } from './prepare-with-stages.js'

/** `stackrig test`: everything. */
export function testCommand(): Command {
  return new Command('test')
    .description('run the checks, the unit tests, the pocket cluster tests and the scenarios')
    .argument('[files...]', 'only test files whose path contains one of these')
    .addOption(
      new Option('--project <name...>', 'only these').choices(['unit', 'vm', 'scenarios', 'all-in-one']),
    )
    .option('--all', 'also all-in-one, and the tests tagged "slow"; files that are named run with theirs')
    .action(async (files: string[], options: { project?: string[]; all?: boolean }) => {
      const projects = options.project ?? ['unit', 'vm', 'scenarios', ...(options.all ? ['all-in-one'] : [])]
      const checked = options.project || files.length > 0 ? true : await runChecks()
      if (files.length === 0) await prepareAll(projects)
      const slow = (options.all ?? false) || files.length > 0
      const { tests, ok, folder } = await runVitest({ projects, files, slow }, await makeResultsFolder())
      const passed = tests.filter((test) => test.passed).length
      const skipped = tests.filter((test) => test.skipped).length
      const failed = tests.length - passed - skipped
      process.stdout.write(`report: ${folder}\n`)
      if (!checked) process.stdout.write('npm run check failed\n')
      const left = slow ? 'they say why' : 'those tagged slow: npm run test:all'
      const why = interrupted.aborted ? 'interrupted' : left
      if (skipped > 0) process.stdout.write(`${skipped} left out (${why})\n`)
      process.stdout.write(`${passed} passed, ${failed} failed\n`)
      process.exitCode = ok && checked ? 0 : 1
    })
}

/** Format, types and lint. */
async function runChecks(): Promise<boolean> {
  const result = await execa('npm', ['run', '--silent', 'check'], {
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
