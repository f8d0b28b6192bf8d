import { pastRuns } from './past-runs.js'
import type { Results } from './results-json.js'

/** What a file of tests took in its last complete run. */
export interface LastDuration {
  /** ms */
  duration: number
  /** Whether tests of it were left out then. */
  partly: boolean
}

/** Older runs are not looked at: each is a file to read, and says little of today. */
const looked = 30

/**
 * What files took when all that was chosen of them last ran to its end, out of the `results.json` of past runs. Nothing is
 * known of a file that has not run.
 * @param root the folder of all runs
 * @returns `project: file` -> duration
 */
export async function lastDurations(root: string): Promise<Map<string, LastDuration>> {
  const found = new Map<string, LastDuration>()
  for (const { results } of await pastRuns(root, looked)) {
    for (const { project, file, duration } of results.files) {
      const key = fileKey(project, file)
      const states = statesOf(results, project, file)
      if (found.has(key) || states.includes('not run') || !states.some(ran)) continue
      found.set(key, { duration, partly: states.includes('skipped') })
    }
  }
  return found
}

export const fileKey = (project: string, file: string): string => `${project}: ${file}`

const statesOf = ({ tests }: Results, project: string, file: string): string[] =>
  tests.filter((test) => test.project === project && test.file === file).map(({ state }) => state)

const ran = (state: string): boolean => ['passed', 'failed', 'known'].includes(state)
