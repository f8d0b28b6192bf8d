import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseResults, type Results } from './results-json.js'

/** One run that lies among the results. */
export interface PastRun {
  /** Its folder's name, which is its time. */
  name: string
  results: Results
}

/** The last runs that were complete enough to be read, the latest first. @param root the folder of all runs */
export async function pastRuns(root: string, most: number): Promise<PastRun[]> {
  // Their names are their times; `latest` and `unnamed` are none of them. A part of a night, of a sweep, or one of many runs, is told of there.
  const names = (await readdir(root).catch(() => [])).filter(
    (name) => /^\d{4}-\d{2}-\d{2}T/.test(name) && !/-(nightly|repeat|sweep)-/.test(name),
  )
  const runs: PastRun[] = []
  for (const name of names.sort().reverse().slice(0, most)) {
    const text = await readFile(join(root, name, 'results.json'), 'utf8').catch(() => '')
    const results = parseResults(text)
    if (results !== undefined) runs.push({ name, results })
  }
  return runs
}
