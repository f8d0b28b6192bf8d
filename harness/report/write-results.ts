import { writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { messageOf, StackrigError } from '../errors/index.js'
import { makeFolder } from '../make-folder.js'
import { replaceFile } from '../replace-file.js'
import { reportHtml } from './html.js'
import { junitXml } from './junit.js'
import { resultsJson } from './results-json.js'
import type { Run } from './run.js'
import { runsHtml } from './runs-html.js'
import { testResultsJson } from './test-results.js'

/**
 * Writes `results.json`, `junit.xml`, `testresults.json`, `report.html`, and the list of all runs beside the folder,
 * `index.html`; when one of them cannot be written, the others still are.
 * @throws StackrigError HOST_DISK when the disk is full, or does not let itself be written to.
 */
export async function writeResults(run: Run, folder: string): Promise<void> {
  const texts = {
    'results.json': resultsJson(run, folder),
    'junit.xml': junitXml(run, folder),
    'testresults.json': testResultsJson(run),
    'report.html': reportHtml(run, folder),
  }
  const written = await Promise.allSettled([
    ...Object.entries(texts).map(async ([name, made]) => {
      const text = await made
      makeFolder(folder)
      await writeFile(join(folder, name), text)
    }),
  ])
  // It reads what has just been written.
  written.push(...(await Promise.allSettled([writeRuns(dirname(folder))])))
  const reasons = written.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []))
  if (reasons.length === 0) return
  throw new StackrigError('HOST_DISK', 'the results of a run must be written', {
    where: folder,
    seen: [...new Set(reasons.map(messageOf))].join('\n'),
    next: 'make room, or remove old folders of results; df -h says how much there is',
    cause: reasons[0],
  })
}

async function writeRuns(root: string): Promise<void> {
  replaceFile(join(root, 'index.html'), await runsHtml(root))
}
