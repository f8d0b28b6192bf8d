import { relative } from 'node:path'
import { StackrigError } from '../errors/index.js'
import { projectFolder } from '../paths.js'
import { failureOf, lastDurations, LiveScenarios, LongTests, RunReporter, type Run } from '../report/index.js'
import type { Overlay, RunOptions } from '../scenario/index.js'
import { announcement } from './announce.js'
import { interrupted } from './interrupt.js'
import { makeResultsFolder, newResultsFolder, resultsRoot } from './results-folder.js'
import { selectTests, type TestChoice } from './select-tests.js'

/** How a run ended, and where its results are. */
export interface EndedTests {
  run: Run
  folder: string
}

/** As RunOptions; what is not said is not wanted. */
type WantedOptions = { [Key in keyof RunOptions]?: RunOptions[Key] | undefined } & {
  /** What the name of its folder ends with. */
  label?: string | undefined
}

/** `compute=./tree`, for people. */
const describeOverlay = ({ node, folder }: Overlay): string => `${node}=${relative('', folder) || '.'}`

/**
 * Runs tests in this process; Ctrl-C lets the running test clean up before it ends. Says before which files they are, and
 * while they run which lasts.
 * @throws StackrigError USAGE when nothing is chosen, HOST_DISK when there is no room for the results' folder.
 */
export async function runVitest(
  choice: TestChoice,
  { keep = false, hold = false, until, overlays = [], restart = [], label }: WantedOptions = {},
): Promise<EndedTests> {
  // Loaded when it is needed: that takes a fifth of a second.
  const { createVitest } = await import('vitest/node')
  const folder = newResultsFolder(
    [...overlays.map(({ node }) => `with-${node}`), ...(label === undefined ? [] : [label])].join('-'),
  )
  const laidOver = overlays.map(describeOverlay)
  const reporter = new RunReporter(folder, { laidOver })
  const own = new Set([...process.listeners('SIGINT'), ...process.listeners('SIGTERM')])
  const vitest = await createVitest('test', {
    root: projectFolder,
    run: true,
    watch: false,
    project: choice.projects,
    reporters: [
      'default',
      reporter,
      new LongTests({ write: tell }),
      new LiveScenarios({ folder, write: tell }),
    ],
  })
  vitest.provide('results', folder)
  vitest.provide('keep', keep)
  vitest.provide('hold', hold)
  if (until !== undefined) vitest.provide('until', until)
  vitest.provide('overlays', overlays)
  vitest.provide('restart', restart)
  // Vitest's own handlers would end this process before anything is cleaned up.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    for (const listener of process.listeners(signal)) if (!own.has(listener)) process.off(signal, listener)
  }
  const cancel = (): void => void vitest.cancelCurrentRun('keyboard-input')
  interrupted.addEventListener('abort', cancel, { once: true })
  let unwritten: StackrigError | undefined
  try {
    interrupted.throwIfAborted()
    const chosen = await selectTests(vitest, choice)
    for (const line of announcement(chosen, await lastDurations(resultsRoot))) tell(line)
    await makeResultsFolder(folder)
    await vitest.standalone()
    // A run that has not begun cannot be cancelled.
    interrupted.throwIfAborted()
    await vitest.runTestSpecifications(
      chosen.map(({ specification }) => specification),
      true,
    )
  } catch (error) {
    // The tests have run: what became of them is told all the same.
    if (reporter.run === undefined || !(error instanceof StackrigError)) throw error
    unwritten = error
  } finally {
    interrupted.removeEventListener('abort', cancel)
    await vitest.close()
  }
  if (reporter.run === undefined) throw new StackrigError('INTERNAL', 'vitest must tell how a run ended')
  if (unwritten) addFailure(reporter.run, unwritten)
  if (interrupted.aborted) reporter.run.interrupted = true
  return { run: reporter.run, folder }
}

function addFailure(run: Run, error: StackrigError): void {
  tell(`${error.code} ${error.message}`)
  run.outcomes.push({
    kind: 'run',
    project: '',
    file: '',
    name: 'the results are written',
    tags: [],
    state: 'failed',
    duration: 0,
    failures: [failureOf(error)],
  })
}

const tell = (line: string): void => void process.stderr.write(`${line}\n`)
