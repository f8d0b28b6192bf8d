import { expect, test } from 'vitest'
import { repeatedLines, repeatedTests, verdictOf, type RepeatedRun } from './repeated.js'
import type { Results } from './results-json.js'

type Test = Results['tests'][number]

const outcome = (name: string, more: Partial<Test> = {}): Test => ({
  ...{ kind: 'test', project: 'vm', file: 'shell', name, tags: [], state: 'passed', duration: 1, errors: [] },
  ...more,
})
const failed = (message: string, failureClass: 'product' | 'host' = 'product'): Partial<Test> => ({
  state: 'failed',
  class: failureClass,
  errors: [{ class: failureClass, message }],
})
const run = (n: number, ...tests: Test[]): RepeatedRun => ({
  n,
  folder: `results/${n}`,
  results: {
    ...{ format: 'stackrig-results', version: 1, started: '', duration: 1, ok: true, exitStatus: 0 },
    ...{ interrupted: false, passed: 0, failed: 0, known: 0, skipped: 0, notRun: 0, files: [], tests },
  },
})

test('a test has its rate, and its failures stand together by their first cause', () => {
  const runs = [
    run(1, outcome('a'), outcome('b')),
    run(2, outcome('a', failed('late by 3 s')), outcome('b')),
    run(3, outcome('a', failed('no route')), outcome('b')),
    run(4, outcome('a', failed('late by 17 s')), outcome('b')),
  ]
  const [a, b] = repeatedTests(runs)
  expect(a?.rate).toMatchObject({ passed: 1, of: 4 })
  expect(a?.groups.map(({ cause, runs: of }) => [cause, of.map(({ n }) => n)])).toEqual([
    ['late by # s', [2, 4]],
    ['no route', [3]],
  ])
  expect(b?.rate).toMatchObject({ passed: 4, of: 4 })
  const lines = repeatedLines(repeatedTests(runs))
  expect(lines).toContain('  2 times late by # s')
  expect(lines).toContain('      in runs 2, 4; the first: results/2')
})

test('what the host got wrong says nothing of a test', () => {
  const [only] = repeatedTests([run(1, outcome('a')), run(2, outcome('a', failed('full', 'host')))])
  expect(only).toMatchObject({ rate: { passed: 1, of: 1 }, unclear: 1 })
})

test('a failure that is known is no pass, and a test that is always left out is none', () => {
  const [only, none] = repeatedTests([
    run(1, outcome('a', { state: 'known', errors: [{ class: 'product', message: 'x' }] })),
    run(2, outcome('b', { state: 'skipped' })),
  ])
  expect(only).toMatchObject({ test: 'a', rate: { passed: 0, of: 1 } })
  expect(none).toBeUndefined()
})

test('the exit status of a run says what it shows', () => {
  expect([0, 1, 3, 4].map((exitStatus) => verdictOf({ exitStatus }))).toEqual([
    ...['clean', 'failed', 'unclear', 'unclear'],
  ])
})
