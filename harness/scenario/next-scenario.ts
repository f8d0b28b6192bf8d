import type { RunnerTask, RunnerTestCase } from 'vitest'

/** How many starts the scenarios of this file have: vitest loads every file, and all that it imports, anew. */
let starts = 0

export function noteStart(): void {
  starts++
}

/**
 * The scenario that begins when this one has ended; undefined when it is the last of its file, or when the file has scenarios of
 * several starts: a test does not say of which it is.
 */
export function nextScenario(task: RunnerTestCase): RunnerTestCase | undefined {
  return starts > 1 ? undefined : nextTest(task)
}

/** The next test of the same file that is to be run; one that has begun, or ended before this one, is not. */
export function nextTest(task: RunnerTestCase): RunnerTestCase | undefined {
  const tests = testsOf(task.file.tasks)
  return tests
    .slice(tests.indexOf(task) + 1)
    .find(({ mode, result }) => (mode === 'run' || mode === 'queued') && result === undefined)
}

const testsOf = (tasks: RunnerTask[]): RunnerTestCase[] =>
  tasks.flatMap((task) => (task.type === 'test' ? [task] : testsOf(task.tasks)))
