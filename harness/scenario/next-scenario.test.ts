import { expect, test } from 'vitest'
import type { RunnerTestCase, RunnerTestFile } from 'vitest'
import { nextTest } from './next-scenario.js'

/** The tests of a file with a group in it, as vitest lists them; `skipped` ones do not run, `begun` ones do. */
function fileOf(...names: (string | string[])[]): Map<string, RunnerTestCase> {
  const file = { tasks: [] } as unknown as RunnerTestFile
  const all = new Map<string, RunnerTestCase>()
  const testOf = (name: string): RunnerTestCase => {
    const mode = name.startsWith('skipped') ? 'skip' : 'queued'
    const result = name.startsWith('begun') ? { state: 'run' } : undefined
    const task = { type: 'test', name, mode, file, result } as unknown as RunnerTestCase
    all.set(name, task)
    return task
  }
  for (const name of names) {
    file.tasks.push(
      typeof name === 'string' ? testOf(name) : ({ type: 'suite', tasks: name.map(testOf) } as never),
    )
  }
  return all
}

test.each([
  [['one', 'two'], 'one', 'two'],
  [['one', 'skipped', 'two'], 'one', 'two'],
  [[['one'], ['skipped', 'two'], 'three'], 'one', 'two'],
  [[['one'], ['two'], 'three'], 'two', 'three'],
  [['one', 'skipped'], 'one', undefined],
  [['one', 'begun', 'two'], 'one', 'two'],
  [['one', ['two']], 'two', undefined],
] as [(string | string[])[], string, string | undefined][])('of %j, after %s: %s', (names, present, next) => {
  const tests = fileOf(...names)
  const task = tests.get(present)
  expect(task && nextTest(task)?.name).toBe(next)
})
