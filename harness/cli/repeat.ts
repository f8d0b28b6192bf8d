import { join, relative } from 'node:path'
import { StackrigError } from '../errors/index.js'
import { humanDuration } from '../duration.js'
import { makeFolder } from '../make-folder.js'
import { projectFolder } from '../paths.js'
import { replaceFile } from '../replace-file.js'
import { firstCause, repeatedLines, repeatedTests, verdictOf, type RepeatedRun } from '../report/index.js'
import { interrupted } from './interrupt.js'
import { print } from './print.js'
import { newResultsFolder } from './results-folder.js'
import { runApart } from './run-apart.js'
import { jobsHere, sideBySide, type Jobs } from './side-by-side.js'

/** After so many runs that say nothing, for the host or stackrig itself failed, there is no use in going on. */
const mostUnclear = 3

export interface RepeatOptions {
  /** What stands after `stackrig test` of every run. */
  words: readonly string[]
  /** So many runs that say something of the tests. */
  runs: number
  jobs: Jobs
  /** Whether none begins after one that failed. */
  untilFail: boolean
  /** Throws when these tests are not such as are wanted; asked after the first run. */
  require?: (run: RepeatedRun) => void
}

/** What several runs of the same tests came to. */
export interface EndedRepeat {
  /** As they ended. */
  runs: RepeatedRun[]
  clean: number
  failed: number
  unclear: number
}

/**
 * Runs the same tests several times, each in a process and on forks of its own: the first alone, for it makes what is missing, and then
 * several side by side. Says how each ended, and at the end what they come to together.
 * @throws StackrigError USAGE when no test runs.
 */
export async function repeatTests({
  words,
  runs,
  jobs,
  untilFail,
  require,
}: RepeatOptions): Promise<EndedRepeat> {
  const ended: EndedRepeat = { runs: [], clean: 0, failed: 0, unclear: 0 }
  const waiting = Array.from({ length: runs }, (_, index) => index + 1)
  let next = runs + 1
  const started = Date.now()
  const run = async (n: number, shown: boolean): Promise<void> => {
    const began = Date.now()
    const done = await runApart([...words, '--label', `repeat-${process.pid}-${n}`], { shown })
    if (done.results.exitStatus !== 0 && done.results.failed + done.results.notRun === 0)
      throw new StackrigError('USAGE', 'there must be tests that run', { where: done.folder })
    const verdict = verdictOf(done.results)
    ended[verdict] += 1
    ended.runs.push({ n, ...done })
    print(`run ${n} of ${runs}: ${verdictText(done.results)}, ${humanDuration(Date.now() - began)}`)
    if (verdict === 'unclear') waiting.push(next++)
    if ((verdict === 'failed' && untilFail) || ended.unclear >= mostUnclear) waiting.length = 0
  }
  try {
    const first = waiting.shift()
    if (first !== undefined) await run(first, true)
    ended.runs.forEach((one) => require?.(one))
    const projects = ended.runs.flatMap(({ results }) => results.files.map(({ project }) => project))
    const side = Math.min(jobsHere(jobs, projects), Math.max(1, waiting.length))
    if (waiting.length > 0) print(side === 1 ? 'one run at a time' : `${side} runs side by side`)
    await sideBySide(waiting, side, (n) => run(n, side === 1))
  } finally {
    // Also of runs that were broken off.
    if (ended.runs.length > 0) tellRepeat(ended, started)
  }
  interrupted.throwIfAborted()
  return ended
}

/** The smallest exit status of runs that failed, as one run's is that of its failures; 0 when all passed. */
export const exitStatusOfRepeat = ({ runs }: EndedRepeat): number =>
  runs.reduce(
    (least, { results: { exitStatus } }) =>
      exitStatus === 0 ? least : least === 0 ? exitStatus : Math.min(least, exitStatus),
    0,
  )

function verdictText({ tests, exitStatus }: RepeatedRun['results']): string {
  if (exitStatus === 0) return 'passed'
  const first = tests.find(({ state }) => state === 'failed')
  const what = verdictOf({ exitStatus }) === 'failed' ? 'failed' : 'says nothing'
  return first ? `${what}, ${first.name}: ${firstCause(first)}` : what
}

function tellRepeat(ended: EndedRepeat, started: number): void {
  const { runs, clean, failed, unclear } = ended
  const tests = repeatedTests(runs)
  const folder = newResultsFolder(`repeat-${process.pid}`)
  makeFolder(folder)
  const note = {
    ...{ format: 'stackrig-repeat', version: 1, started: new Date(started).toISOString() },
    ...{ duration: Date.now() - started, clean, failed, unclear, tests },
    runs: runs
      .toSorted((a, b) => a.n - b.n)
      .map(({ n, folder: of, results }) => ({ n, folder: of, exitStatus: results.exitStatus })),
  }
  replaceFile(join(folder, 'repeat.json'), `${JSON.stringify(note, null, 2)}\n`)
  print('', ...repeatedLines(tests), '', `data: ${relative(projectFolder, join(folder, 'repeat.json'))}`)
  const rest = unclear > 0 ? `, ${unclear} said nothing` : ''
  print(
    `${runs.length} runs in ${humanDuration(Date.now() - started)}: ${clean} passed, ${failed} failed${rest}`,
  )
}
