import { readdir, realpath } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { StackrigError } from '../errors/index.js'
import { fileStem } from '../paths.js'
import { findRow, type MomentRow } from '../snapshot/index.js'
import { resultsRoot } from './results-folder.js'

/** The moments of a scenario of a past run. */
export interface PastScenario {
  /** Name of the results' folder. */
  run: string
  /** Where its consoles and logs are. */
  evidence: string
  /** Where its moments are. */
  root: string
  row: MomentRow
}

/** The runs of which results are there, the newest first. */
export async function runNames(results = resultsRoot): Promise<string[]> {
  const entries = await readdir(results, { withFileTypes: true }).catch(() => [])
  return entries
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort()
    .reverse()
}

/** The scenarios of a run that left moments. */
export async function scenariosOf(run: string, results = resultsRoot): Promise<PastScenario[]> {
  const found: PastScenario[] = []
  for (const file of await foldersIn(join(results, run))) {
    for (const evidence of await foldersIn(file)) {
      const root = join(evidence, 'moments')
      const row = findRow(root)
      if (row !== undefined) found.push({ run, evidence, root, row })
    }
  }
  return found
}

/**
 * The scenario of a run that a person means.
 * @param run `latest`, or the name of a results' folder
 * @param scenario a part of its file's or its own name; of several, the one that failed
 * @throws StackrigError USAGE with those there are
 */
export async function findScenario(
  run: string,
  scenario: string | undefined,
  results = resultsRoot,
): Promise<PastScenario> {
  const name = await findRun(run, results)
  const all = await scenariosOf(name, results)
  const matching = all.filter(
    ({ row }) =>
      scenario === undefined || `${row.file}\n${row.test}`.toLowerCase().includes(scenario.toLowerCase()),
  )
  const failed = matching.filter(({ row }) => row.ended === 'failed')
  const [only] = matching.length === 1 ? matching : failed
  if (only !== undefined && (matching.length === 1 || failed.length === 1)) return only
  const wanted = scenario === undefined ? 'one scenario' : `one scenario "${scenario}"`
  throw new StackrigError('USAGE', `run ${name} must have ${wanted} that left moments`, {
    where: join(results, name),
    seen: (matching.length > 0 ? matching : all).map(describeScenario).join('\n') || 'none left any',
    next:
      all.length > 0
        ? 'name one of these by a part of its file or its name'
        : 'scenarios that failed leave some, and with --keep those that passed',
  })
}

/** The name of the file of a scenario, without its endings. */
export const fileName = ({ file }: MomentRow): string => fileStem(file)

export const describeScenario = ({ row }: PastScenario): string =>
  `${fileName(row)}: ${row.test}${row.ended === undefined ? ' (did not end)' : row.ended === 'failed' ? ' (failed)' : ''}`

/** @throws StackrigError USAGE */
async function findRun(run: string, results: string): Promise<string> {
  const runs = await runNames(results)
  const wanted = basename(run)
  if (wanted === 'latest') {
    const latest = await realpath(join(results, 'latest')).catch(() => undefined)
    if (latest !== undefined && dirname(latest) === (await realpath(results))) return basename(latest)
  } else if (runs.includes(wanted)) return wanted
  throw new StackrigError('USAGE', `there must be a run "${run}"`, {
    where: results,
    seen: runs.slice(0, 10).join('\n') || 'there are no results',
    next: 'name a folder of results, or latest',
  })
}

async function foldersIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => [])
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(folder, name))
}
