import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { History } from './history.js'
import { timesOf } from './times.js'
import { resultsOf, testOf } from './testing/made-up-results.js'

const folder = mkdtempSync(join(tmpdir(), 'stackrig-times-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function addNight(history: History, digest: string, state: 'passed' | 'failed'): void {
  const night = history.beginNight({ project: 'p', plan: 'x' }, ['core'])
  const results = resultsOf([testOf('nova', 'boots', { state })])
  const run = { part: 'core', project: 'scenarios', files: ['nova'], n: 1, folder: '' }
  history.addRun(night, { ...run, digest, results })
  history.endNight(night, state === 'passed' ? 0 : 1)
}

test('what is new runs ten times, what has changed since it last passed three times, all else once', async () => {
  using history = await History.open(join(folder, 'history.sqlite'))
  const times = (digest: string, ...tests: string[]): number =>
    timesOf(history, { project: 'p', part: 'core', file: 'nova', digest, tests })
  // In the very first night everything is new.
  expect(times('a', 'boots')).toBe(1)
  addNight(history, 'a', 'passed')
  expect(times('a', 'boots')).toBe(1)
  expect(times('b', 'boots')).toBe(3)
  // Failing does not make it known.
  addNight(history, 'b', 'failed')
  expect(times('b', 'boots')).toBe(3)
  expect(times('a', 'boots')).toBe(1)
  addNight(history, 'b', 'passed')
  expect(times('b', 'boots')).toBe(1)
  // A test more in a file that is known is new.
  expect(times('b', 'boots', 'stops')).toBe(10)
  expect(timesOf(history, { project: 'p', part: 'core', file: 'glance', digest: 'a', tests: ['x'] })).toBe(10)
  expect(timesOf(history, { project: 'q', part: 'core', file: 'nova', digest: 'a', tests: ['x'] })).toBe(1)
})
