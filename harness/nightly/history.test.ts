import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { startScript } from '../testing/script.js'
import { History } from './history.js'
import { resultsOf, testOf } from './testing/made-up-results.js'

const folder = mkdtempSync(join(tmpdir(), 'stackrig-history-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

let files = 0
const newFile = (): string => join(folder, `${++files}.sqlite`)

const key = { project: 'p', plan: 'x' }
const run = (n: number, ...tests: ReturnType<typeof testOf>[]) => ({
  ...{ part: 'core', project: 'scenarios', files: ['nova'], n, digest: 'd1', folder: `results/${n}` },
  results: resultsOf(tests),
})

test('a night that was broken off goes on with what it has, also in the middle of a part', async () => {
  const file = newFile()
  {
    using history = await History.open(file)
    const night = history.beginNight(key, ['core'])
    history.addRun(night, run(1, testOf('nova', 'boots')))
  }
  using history = await History.open(file)
  const open = history.openNight(key, 0)
  expect(open?.parts).toEqual(['core'])
  expect(open && history.runsOf(open)).toEqual([run(1, testOf('nova', 'boots'))])
  expect(history.openNight({ ...key, plan: 'y' }, 0)).toBeUndefined()
  expect(history.openNight({ ...key, project: 'q' }, 0)).toBeUndefined()
  expect(history.openNight(key, Date.now() + 1000)).toBeUndefined()
  if (open) history.endNight(open, 0)
  expect(history.openNight(key, 0)).toBeUndefined()
  // Its results in full are in a folder now; what became of each test stays.
  expect(open && history.runsOf(open)).toEqual([])
  expect(open && history.outcomesOf(open)).toMatchObject([{ name: 'boots', digest: 'd1', state: 'passed' }])
})

test('the last green digest of a file is that of the last night in which all of it passed', async () => {
  using history = await History.open(newFile())
  const night = (digest: string, ...states: ('passed' | 'failed')[]): void => {
    const one = history.beginNight(key, ['core'])
    states.forEach((state, at) =>
      history.addRun(one, { ...run(at + 1, testOf('nova', 'boots', { state })), digest }),
    )
    history.endNight(one, 0)
  }
  expect(history.hasNights('p')).toBe(false)
  night('a', 'passed')
  night('b', 'passed', 'failed')
  expect(history.lastGreenDigest('p', 'core', 'nova')).toBe('a')
  night('c', 'passed', 'passed')
  expect(history.lastGreenDigest('p', 'core', 'nova')).toBe('c')
  expect(history.lastGreenDigest('p', 'core', 'glance')).toBeUndefined()
  expect(history.hasNights('p')).toBe(true)
  expect(history.knowsTest('p', { file: 'nova', name: 'boots' })).toBe(true)
  expect(history.knowsTest('p', { file: 'nova', name: 'stops' })).toBe(false)
  expect(history.lastDurations('p')).toEqual(new Map([['scenarios: nova', 1000]]))
})

test('what is older than 400 days goes when a night begins', async () => {
  using history = await History.open(newFile())
  const day = 24 * 3_600_000
  const old = history.beginNight(key, ['core'], Date.now() - 401 * day)
  history.addRun(old, run(1, testOf('nova', 'boots')))
  history.beginNight(key, ['core'], Date.now() - 399 * day)
  history.beginNight(key, ['core'])
  expect(history.nights('p', 10)).toHaveLength(2)
  expect(history.outcomesOf(old)).toEqual([])
})

test('several processes write at a time, and nothing is lost', async () => {
  const file = newFile()
  const scripts = ['a', 'b', 'c', 'd'].map((name) =>
    startScript(`
      const { History } = await import(harness + '/nightly/history.js')
      const { resultsOf, testOf } = await import(harness + '/nightly/testing/made-up-results.js')
      const history = await History.open('${file}')
      const night = history.beginNight({ project: 'p', plan: '${name}' }, ['core'])
      const run = { part: 'core', project: 'scenarios', files: ['nova'], digest: '', folder: '' }
      for (let n = 1; n <= 40; n++)
        history.addRun(night, { ...run, n, results: resultsOf([testOf('nova', 'boots')]) })
      history.endNight(night, 0)`),
  )
  for (const { exitCode, stderr } of await Promise.all(scripts)) expect(exitCode, stderr).toBe(0)
  using history = await History.open(file)
  expect(history.nights('p', 10).map((night) => history.outcomesOf(night).length)).toEqual([40, 40, 40, 40])
})

test('a file that is no history, or that of a later stackrig, is refused with a code', async () => {
  const file = newFile()
  writeFileSync(file, 'this is no database, however long it may be '.repeat(200))
  await expect(History.open(file)).rejects.toMatchObject({ code: 'HOST_DISK' })
  const later = newFile()
  const { default: Database } = await import('better-sqlite3')
  const database = new Database(later)
  database.pragma('user_version = 99')
  database.close()
  await expect(History.open(later)).rejects.toThrow(/version 99/)
})
