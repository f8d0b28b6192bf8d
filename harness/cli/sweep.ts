import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Command } from 'commander'
import { StackrigError } from '../errors/index.js'
import { writtenFault, type WrittenFault } from '../faults/index.js'
import { makeFolder } from '../make-folder.js'
import { replaceFile } from '../replace-file.js'
import { plainOf, rowOf, sweepPage, sweepSchema, type Sweep } from '../report/index.js'
import { interrupted } from './interrupt.js'
import { print } from './print.js'
import { resultsRoot } from './results-folder.js'
import { runApart, type ApartRun } from './run-apart.js'
import { jobsHere, jobsOption, sideBySide, type Jobs } from './side-by-side.js'

/** `stackrig sweep`: a scenario once for each of its steps and each of some faults. */
export function sweepCommand(): Command {
  return new Command('sweep')
    .description(
      'run a scenario once for each of its steps and each fault, which begins at the end of the step',
    )
    .argument('<scenario>', 'a file of scenarios whose tests have steps')
    .requiredOption('--faults <list>', 'as cut:compute,pause:controller:30s,kill:rabbitmq', faultList)
    .option(
      '--jobs <n>',
      'so many runs side by side; auto: as memory and processors allow',
      jobsOption,
      'auto',
    )
    .option('--again', 'begin anew, instead of going on where the last sweep of this was broken off')
    .action(async (scenario: string, options: { faults: WrittenFault[]; jobs: Jobs; again?: boolean }) => {
      const { faults, again = false } = options
      const jobs = jobsHere(options.jobs, ['scenarios'])
      const folder = sweepFolder(scenario, faults)
      makeFolder(folder)
      const before = again ? undefined : await readSweep(folder)
      const sweep = before ?? (await beginSweep(scenario, folder))
      await sideBySide(openCases(sweep, faults), jobs, async ({ step, fault }) => {
        const label = `sweep-${step}-${fault.text.replaceAll(/[^\w.-]+/g, '-')}`
        const run = await runScenario(scenario, { fault: `${step} ${fault.text}`, label, shown: jobs === 1 })
        addRows(sweep, run, { step, fault })
        save(sweep, folder)
        for (const row of sweep.rows.slice(-sweep.plain.length)) if (row.step === step) print(line(row))
      })
      interrupted.throwIfAborted()
      print('', ...sweep.rows.map(line), `page: ${join(folder, 'sweep.html')}`)
      process.exitCode = sweep.rows.every(({ result }) => result.startsWith('passed')) ? 0 : 1
    })
}

interface Case {
  step: number
  fault: WrittenFault
}

/** What is still to do: all tests of the file run at once, and those with so many steps meet the fault. */
function openCases({ plain, rows }: Sweep, faults: readonly WrittenFault[]): Case[] {
  const steps = Math.max(0, ...plain.map((test) => test.steps.length))
  return Array.from({ length: steps }, (_, index) => index + 1)
    .flatMap((step) => faults.map((fault) => ({ step, fault })))
    .filter(({ step, fault }) => !rows.some((row) => row.step === step && row.fault === fault.text))
}

function addRows(sweep: Sweep, { results, folder }: ApartRun, { step, fault }: Case): void {
  for (const plain of sweep.plain.filter(({ steps }) => steps.length >= step)) {
    const test = results.tests.find(({ name }) => name === plain.test)
    if (!test) continue
    sweep.rows.push(rowOf(test, plain, { step, fault: fault.text, lasts: fault.lasts, folder }))
  }
}

/** @throws StackrigError USAGE when no test of it has steps, or none passes without a fault. */
async function beginSweep(scenario: string, folder: string): Promise<Sweep> {
  const { results, folder: runFolder } = await runScenario(scenario, plainRun)
  const plain = plainOf(results)
  if (plain.length === 0) {
    throw new StackrigError('USAGE', 'a sweep needs tests that have steps, and that pass without a fault', {
      where: scenario,
      seen: results.tests
        .map(({ name, state, steps = [] }) => `${name}: ${state}, ${steps.length} steps`)
        .join('\n'),
      next: `results of that run: ${runFolder}`,
    })
  }
  const sweep: Sweep = { format: 'stackrig-sweep', version: 1, scenario, plain, rows: [] }
  save(sweep, folder)
  return sweep
}

interface SweepRun {
  /** A step's number and a fault; nothing for a run without. */
  fault: string
  label: string
  shown: boolean
}

const plainRun: SweepRun = { fault: '', label: 'sweep-plain', shown: true }

const runScenario = (scenario: string, { fault, label, shown }: SweepRun): Promise<ApartRun> =>
  runApart([scenario, '--project', 'scenarios', '--label', label], {
    environment: { STACKRIG_SWEEP: fault },
    shown,
  })

/** The same sweep has the same folder, so that it goes on. */
function sweepFolder(scenario: string, faults: readonly WrittenFault[]): string {
  const digest = createHash('sha256')
    .update([scenario, ...faults.map(({ text }) => text)].join('\n'))
    .digest('hex')
  return join(resultsRoot, `sweep-${scenario.replaceAll(/[^\w.-]+/g, '-')}-${digest.slice(0, 8)}`)
}

async function readSweep(folder: string): Promise<Sweep | undefined> {
  const text = await readFile(join(folder, 'sweep.json'), 'utf8').catch(() => undefined)
  return text === undefined ? undefined : sweepSchema.safeParse(JSON.parse(text)).data
}

function save(sweep: Sweep, folder: string): void {
  replaceFile(join(folder, 'sweep.json'), `${JSON.stringify(sweep, null, 2)}\n`)
  replaceFile(join(folder, 'sweep.html'), sweepPage(sweep))
}

const line = ({ step, stepName, fault, result, duration, cause }: Sweep['rows'][number]): string =>
  `${`${step} ${stepName}`.padEnd(28)} ${fault.padEnd(28)} ${result.padEnd(17)} ${Math.round(duration / 1000)} s${
    cause === undefined ? '' : `  ${cause}`
  }`

const faultList = (text: string): WrittenFault[] => text.split(',').map(writtenFault)
