import { join } from 'node:path'
import { projectFolder } from '../paths.js'
import { annotations, type Run } from '../report/index.js'
import { resultsRoot } from './results-folder.js'
import { settings } from '../settings.js'

/** Prints lines to standard output. */
export function print(...lines: string[]): void {
  process.stdout.write(lines.map((line) => `${line}\n`).join(''))
}

/** What failed, where a runner of GitHub's shows it; elsewhere nothing. */
export function printAnnotations(run: Run): void {
  if (settings().githubActions) print(...annotations(run))
}

/** How the terminal at standard output takes a summary of a run. */
export function terminalOptions(): { width: number; colour: boolean; from: string; report: string } {
  const { stdout } = process
  return {
    width: stdout.columns || 80,
    colour: stdout.isTTY && stdout.hasColors(),
    from: projectFolder,
    // Where a run is found that has just ended, whatever its time.
    report: join(resultsRoot, 'latest', 'report.html'),
  }
}
