import { readdir } from 'node:fs/promises'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { existsSync } from 'node:fs'
import { Command } from 'commander'
import { diagnose } from '../diagnosis/index.js'
import { humanDuration } from '../duration.js'
import { forPeople, StackrigError } from '../errors/index.js'
import { everyFinding } from '../report/index.js'
import { findingsFile, readDiagnosis, type Diagnosis } from '../scenario/index.js'
import { interrupted } from './interrupt.js'
import { attachByName } from './attach-by-name.js'
import { keptClusters } from './kept-clusters.js'
import { print, terminalOptions } from './print.js'
import { resultsRoot } from './results-folder.js'

/** `stackrig why`: why something does not work, in a running cluster or in a past run. */
export function whyCommand(): Command {
  return new Command('why')
    .description('say why something does not work: in a running cluster, or in a scenario of a past run')
    .argument('[what]', 'name of a running cluster, or folder of a run below results/ (latest)')
    .argument('[scenario]', 'a part of the name of a scenario of that run')
    .option('--json', 'print one JSON document')
    .action(async (what: string | undefined, scenario: string | undefined, { json }: { json?: boolean }) => {
      const running = await keptClusters()
      const isRunning = what === undefined ? running.length > 0 : running.some(({ name }) => name === what)
      const { title, diagnosis } =
        scenario === undefined && isRunning
          ? await lookAtCluster(what)
          : await readRun(what ?? 'latest', scenario)
      if (json) process.stdout.write(`${JSON.stringify(diagnosis, null, 2)}\n`)
      else printDiagnosis(title, diagnosis)
      // Open streams to the nodes would keep this process alive.
      process.exit(0)
    })
}

interface Told {
  title: string
  diagnosis: Diagnosis
}

async function lookAtCluster(name: string | undefined): Promise<Told> {
  const started = Date.now()
  await using cluster = await attachByName(name)
  const unfinished: string[] = []
  const findings = await diagnose(cluster, {
    signal: interrupted,
    onUnfinished: (what) => unfinished.push(what),
  })
  return { title: cluster.topology.name, diagnosis: { findings, unfinished, took: Date.now() - started } }
}

/** @throws StackrigError USAGE when there is no such run, or not one such scenario with a diagnosis. */
async function readRun(run: string, scenario: string | undefined): Promise<Told> {
  const folder = existsSync(join(resultsRoot, run)) ? join(resultsRoot, run) : resolve(run)
  const all = await diagnosed(folder)
  const nameOf = (path: string): string => relative(folder, path)
  const fitting = all.filter((path) => scenario === undefined || nameOf(path).includes(scenario))
  const [found, another] = fitting
  if (found === undefined || another !== undefined) {
    throw new StackrigError('USAGE', 'one running cluster, or one failed scenario of a run, must be named', {
      where: folder,
      seen: `${scenario === undefined ? 'failed scenarios' : `with "${scenario}"`}: ${fitting.map(nameOf).join(', ') || 'none'}`,
      next: 'npx stackrig why latest SCENARIO; npx stackrig ps lists running clusters',
    })
  }
  const diagnosis = await readDiagnosis(found)
  if (diagnosis) return { title: `${basename(dirname(found))}: ${basename(found)}`, diagnosis }
  throw new StackrigError('USAGE', 'a diagnosis must be of this version', { where: found })
}

/** The folders of evidence that have findings: `results/<time>/<file>/<name>`. */
async function diagnosed(folder: string): Promise<string[]> {
  const files = await readdir(folder, { recursive: true }).catch(() => [])
  return files
    .filter((file) => basename(file) === findingsFile)
    .map((file) => join(folder, dirname(file)))
    .sort()
}

function printDiagnosis(title: string, { findings, unfinished, took }: Diagnosis): void {
  const { width } = terminalOptions()
  print(
    forPeople(title),
    ...(findings.length === 0 ? ['nothing is found to be wrong'] : everyFinding(findings, width)),
  )
  for (const what of unfinished) print(`not found out: ${forPeople(what).split('\n')[0]}`)
  print(`looked for ${humanDuration(took)}`)
}
