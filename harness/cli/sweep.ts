import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { cpus } from 'node:os'
import { join, relative } from 'node:path'
import { Command, InvalidArgumentError } from 'commander'
import { execa } from 'execa'
import { availableMemory } from '../cluster/index.js'
import { StackrigError } from '../errors/index.js'
import { writtenFault, type WrittenFault } from '../faults/index.js'
import { makeFolder } from '../make-folder.js'
import { projectFolder } from '../paths.js'
import { replaceFile } from '../replace-file.js'
import {
  parseResults,
  plainOf,
  rowOf,
  sweepPage,
  sweepSchema,
  type Results,
  type Sweep,
} from '../report/index.js'
import { interrupted } from './interrupt.js'
import { print } from './print.js'
import { resultsRoot } from './results-folder.js'

/** What a fork of three OpenStack nodes may come to have to itself, MiB, with what a test needs besides. */
const memoryOfRun = 6 * 1024

/** `stackrig sweep`: a scenario once for each of its steps and each of some faults. */
export function sweepCommand(): Command {
  return new Command('sweep')
    .description(
      'run a scenario once for each of its steps and each fault, which begins at the end of the step',
    )
    .argument('<scenario>', 'a file of scenarios whose tests have steps')
    .requiredOption('--faults <list>', 'as cut:compute,pause:controller:30s,kill:rabbitmq', faultList)
    .option('--jobs <n>', 'so many runs side by side (default: as memory and processors allow)', wholeNumber)
    .option('--again', 'begin anew, instead of going on where the last sweep of this was broken off')
    .action(async (scenario: string, options: { faults: WrittenFault[]; jobs?: number; again?: boolean }) => {
      const { faults, jobs = jobsHere(), again = false } = options
      const folder = sweepFolder(scenario, faults)
      makeFolder(folder)
      const before = again ? undefined : await readSweep(folder)
      const sweep = before ?? (await beginSweep(scenario, folder))
      await work(openCases(sweep, faults), jobs, async ({ step, fault }) => {
        const run = await runScenario(scenario, `${step} ${fault.text}`)
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

interface EndedRun {
  results: Results
  folder: string
}

/** What is still to do: all tests of the file run at once, and those with so many steps meet the fault. */
function openCases({ plain, rows }: Sweep, faults: readonly WrittenFault[]): Case[] {
  const steps = Math.max(0, ...plain.map((test) => test.steps.length))
  return Array.from({ length: steps }, (_, index) => index + 1)
    .flatMap((step) => faults.map((fault) => ({ step, fault })))
    .filter(({ step, fault }) => !rows.some((row) => row.step === step && row.fault === fault.text))
}

function addRows(sweep: Sweep, { results, folder }: EndedRun, { step, fault }: Case): void {
  for (const plain of sweep.plain.filter(({ steps }) => steps.length >= step)) {
    const test = results.tests.find(({ name }) => name === plain.test)
    if (!test) continue
    sweep.rows.push(rowOf(test, plain, { step, fault: fault.text, lasts: fault.lasts, folder }))
  }
}

/** @throws StackrigError USAGE when no test of it has steps, or none passes without a fault. */
async function beginSweep(scenario: string, folder: string): Promise<Sweep> {
  const { results, folder: runFolder } = await runScenario(scenario)
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

/** In a process of its own: one that hangs or dies takes no other with it. */
async function runScenario(scenario: string, sweep = ''): Promise<EndedRun> {
  interrupted.throwIfAborted()
  const ran = await execa(
    process.execPath,
    [process.argv[1] ?? '', 'test', scenario, '--project', 'scenarios'],
    {
      cwd: projectFolder,
      env: { STACKRIG_SWEEP: sweep },
      stdin: 'ignore',
      stderr: 'inherit',
      reject: false,
      cancelSignal: interrupted,
      forceKillAfterDelay: 60_000,
    },
  )
  interrupted.throwIfAborted()
  const folder = /^report: (.+)$/m.exec(ran.stdout)?.[1]
  const results =
    folder === undefined ? undefined : parseResults(await readFile(join(folder, 'results.json'), 'utf8'))
  if (folder !== undefined && results) return { results, folder: relative(projectFolder, folder) }
  throw new StackrigError('INTERNAL', 'a run must leave its results', {
    where: scenario,
    seen: ran.stdout.slice(-2000),
  })
}

/** Several at a time; the first that fails ends what has not begun. */
async function work(cases: readonly Case[], jobs: number, run: (each: Case) => Promise<void>): Promise<void> {
  const waiting = [...cases]
  const worker = async (): Promise<void> => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      await run(next).catch((error: unknown) => {
        waiting.length = 0
        throw error
      })
    }
  }
  await Promise.all(Array.from({ length: jobs }, worker))
}

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

const jobsHere = (): number =>
  Math.max(1, Math.min(Math.floor(availableMemory().mebibytes / memoryOfRun), Math.floor(cpus().length / 2)))

const faultList = (text: string): WrittenFault[] => text.split(',').map(writtenFault)

function wholeNumber(text: string): number {
  const number = Number(text)
  if (Number.isInteger(number) && number > 0) return number
  throw new InvalidArgumentError('a whole number above 0 is wanted')
}
