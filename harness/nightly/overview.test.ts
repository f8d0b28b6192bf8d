import { expect, test } from 'vitest'
import type { Night, PastOutcome } from './history.js'
import { overviewOf } from './overview.js'
import { nightlyPage } from './page.js'

const nights = (count: number): Night[] =>
  Array.from({ length: count }, (_, id) => ({
    ...{ id, started: id * 86_400_000, ended: id * 86_400_000 + 1000, exitStatus: 0, parts: ['core'] },
  }))

const outcome = (night: number, more: Partial<PastOutcome> = {}): PastOutcome => ({
  ...{ night, part: 'core', project: 'scenarios', file: 'nova', name: 'boots', n: 1, state: 'passed' },
  ...{ class: '', cause: '', duration: 1000, issue: '', folder: 'results/x', digest: 'a', ...more },
})
const failed: Partial<PastOutcome> = { state: 'failed', class: 'product', cause: 'no valid host' }

test('a row has a cell for each night, a rate over all of them, and its durations have a trend', () => {
  const durations = [1000, 1000, 1000, 2000, 2000]
  const outcomes = durations.map((duration, night) => [outcome(night, { duration })])
  const [row] = overviewOf(nights(6), [...outcomes, []]).rows
  expect(row?.cells.map((cell) => cell?.state)).toEqual([...Array<string>(5).fill('passed'), undefined])
  expect(row?.rate).toMatchObject({ passed: 5, of: 5 })
  expect(row?.trend).toBe(2)
  expect(row?.flaky).toBe(false)
})

test('what passes and fails is a flake when it was made of the same, and only then', () => {
  const of = (...all: PastOutcome[][]) => overviewOf(nights(all.length), all).rows[0]
  expect(of([outcome(0)], [outcome(1, failed)])?.flaky).toBe(true)
  expect(of([outcome(0)], [outcome(1, { ...failed, digest: 'b' })])?.flaky).toBe(false)
  const night = of([outcome(0), outcome(0, { ...failed, n: 2 })])
  expect(night?.cells[0]).toMatchObject({ state: 'flaked', runs: 2, passed: 1 })
  // Nobody knows what a unit test was made of.
  const unit = { project: 'unit', digest: '' }
  expect(of([outcome(0, unit)], [outcome(1, { ...failed, ...unit })])?.flaky).toBe(false)
  // The host's failures say nothing.
  expect(of([outcome(0)], [outcome(1, { ...failed, class: 'host' })])).toMatchObject({
    ...{ flaky: false, rate: { of: 1 }, cells: [{ state: 'passed' }, { state: 'unclear' }] },
  })
})

test('tests of the harness are told of by file; failures by first cause, over all nights', () => {
  const vm = { project: 'vm', file: 'shell' }
  const { rows, causes, known } = overviewOf(nights(2), [
    [outcome(0, vm), outcome(0, { ...vm, name: 'ends', ...failed })],
    [outcome(1, { ...failed }), outcome(1, { ...failed, name: 'stops', state: 'known', issue: '4711' })],
  ])
  expect(rows.map(({ project, name }) => [project, name])).toEqual([
    ['scenarios', 'boots'],
    ['scenarios', 'stops'],
    ['vm', ''],
  ])
  expect(rows[2]?.cells[0]).toMatchObject({ state: 'failed' })
  expect(causes).toEqual([
    { cause: 'no valid host', times: 3, rows: ['shell: ends', 'nova: boots', 'nova: stops'], nights: [0, 1] },
  ])
  expect(known).toEqual([{ issue: '4711', rows: ['nova: stops'] }])
})

test('the page has no script, its style only, and shows what nodes said as text', async () => {
  const bad = { ...failed, cause: '<script>alert(1)</script>\u001b[2J' }
  const page = await nightlyPage(overviewOf(nights(1), [[outcome(0, bad)]]), 'a<b')
  expect(page).toContain("default-src 'none'; style-src 'sha256-")
  expect(page).not.toMatch(/<script|\u001b/)
  expect(page).toContain('&#60;script&#62;')
  expect(page).toContain('Nights of a&#60;b')
  expect(await nightlyPage(overviewOf([], []), 'p')).toContain('No night has begun')
})
