import { rmSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { judgeQuarantine, type NightRun, type Quarantined } from '../nightly/index.js'
import {
  countLines,
  dayOf,
  exitStatus,
  failureList,
  heldList,
  mergeRuns,
  writeResults,
  type Outcome,
  type Run,
} from '../report/index.js'
import { print, printAnnotations, terminalOptions } from './print.js'
import { makeResultsFolder, newResultsFolder, resultsRoot } from './results-folder.js'

interface Finished {
  /** As one run. */
  merged: Run
  /** Where its results are. */
  folder: string
  exitStatus: number
}

/**
 * Makes one run of all that was run in a night, and writes its results.
 * @param runs their folders are absolute
 * @param missing what should have been run, and was not
 */
export async function finishNight(
  runs: readonly NightRun[],
  quarantine: readonly Quarantined[],
  missing: readonly Outcome[] = [],
): Promise<Finished> {
  const whole = mergeRuns(runs, { interrupted: false })
  whole.outcomes.push(...missing)
  const merged = judgeQuarantine(whole, quarantine, dayOf(new Date()))
  const folder = newResultsFolder('nightly')
  await makeResultsFolder(folder)
  await writeResults(merged, folder)
  removeEmpty(runs, merged)
  return { merged, folder, exitStatus: exitStatus(merged) }
}

/** What failed, and where there is more. @param more lines before the counts */
export function tellNight({ merged, folder }: Finished, more: readonly string[]): void {
  const options = terminalOptions()
  print('', ...failureList(merged, options), ...heldList(merged, options))
  printAnnotations(merged)
  print(`report: ${folder}`, ...more, ...countLines(merged, 'by themselves'))
}

/** The results of a run in which nothing failed and nothing was kept are those of the night. */
function removeEmpty(runs: readonly NightRun[], { outcomes }: Run): void {
  const kept = new Set(
    outcomes.flatMap(({ evidence, state, runFolder }) =>
      evidence !== undefined || state === 'failed' || state === 'known' ? [runFolder] : [],
    ),
  )
  for (const { folder } of runs) {
    const isPart = dirname(folder) === resultsRoot && basename(folder).includes('-nightly-')
    if (!isPart || kept.has(basename(folder))) continue
    rmSync(folder, { recursive: true, force: true })
  }
}
