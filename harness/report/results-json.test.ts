import { expect, test } from 'vitest'
import { exitStatus } from './exit-status.js'
import { parseResults, resultsJson } from './results-json.js'
import { runOfResults } from './run-of-results.js'
import type { FailureClass, Outcome, Run } from './run.js'

const outcome = (state: Outcome['state'], ...classes: FailureClass[]): Outcome => ({
  kind: 'test',
  project: 'vm',
  file: 'a.vm.test.ts',
  name: 'works',
  tags: ['slow'],
  state,
  duration: 1.6,
  failures: classes.map((one) => ({ class: one, message: 'it did' })),
})

const runOf = (...outcomes: Outcome[]): Run => ({
  started: new Date(0),
  duration: 2000,
  interrupted: false,
  files: [{ project: 'vm', file: 'a.vm.test.ts', duration: 3 }],
  outcomes,
})

test('what was written is read again; what vitest or a later version writes is not taken for it', () => {
  const run = runOf(outcome('passed'), outcome('failed', 'host', 'scenario'), outcome('not run'))
  const text = resultsJson(run, '/results')
  expect(parseResults(text)).toMatchObject({
    ok: false,
    exitStatus: 3,
    passed: 1,
    failed: 1,
    skipped: 0,
    notRun: 1,
    tests: [{ state: 'passed', errors: [] }, { class: 'host' }, { state: 'not run' }],
  })
  expect(parseResults('{"numTotalTestSuites": 1, "testResults": []}')).toBeUndefined()
  expect(parseResults(text.replace('"version": 1', '"version": 2'))).toBeUndefined()
  expect(parseResults(text.slice(0, -20))).toBeUndefined()
})

test('what a timeline told of a failure is read again', () => {
  const story = { findings: [], unseen: ['the files of two'], wanted: 'ACTIVE', seen: 'BUILD' }
  const results = parseResults(resultsJson(runOf({ ...outcome('failed', 'product'), story }), '/results'))
  expect(results && runOfResults(results, '/results').outcomes[0]?.story).toEqual(story)
})

test('the exit status is the smallest of those of the classes that failed', () => {
  const statusOf = (...classes: FailureClass[]): number =>
    exitStatus(runOf(outcome('passed'), ...classes.map((one) => outcome('failed', one))))
  expect(statusOf()).toBe(0)
  expect(statusOf('product')).toBe(1)
  expect(statusOf('scenario')).toBe(1)
  expect(statusOf('host')).toBe(3)
  expect(statusOf('harness')).toBe(4)
  expect(statusOf('harness', 'host')).toBe(3)
  expect(statusOf('harness', 'host', 'product')).toBe(1)
})
