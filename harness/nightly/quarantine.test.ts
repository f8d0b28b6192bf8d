import { expect, test } from 'vitest'
import { exitStatus, mergeRuns } from '../report/index.js'
import { judgeQuarantine, parseQuarantine } from './quarantine.js'
import { resultsOf, testOf } from './testing/made-up-results.js'

const entry = { scenario: 'nova', issue: 'https://bugs.example/24', until: '2026-12-31' }
const nightOf = (...tests: ReturnType<typeof testOf>[]) =>
  mergeRuns(
    tests.map((one, at) => ({ results: resultsOf([one]), folder: 'results/x', n: at + 1 })),
    { interrupted: false },
  )
const flaked = nightOf(testOf('nova', 'boots'), testOf('nova', 'boots', { state: 'failed' }))

test('a scenario in quarantine fails, and cannot fail the night, until its last day is over', () => {
  expect(exitStatus(flaked)).toBe(1)
  const judged = judgeQuarantine(flaked, [entry], '2026-12-31')
  expect(judged.outcomes.map(({ state }) => state)).toEqual(['passed', 'known'])
  expect(judged.outcomes[1]?.issue).toEqual({ id: entry.issue, until: entry.until })
  expect(exitStatus(judged)).toBe(0)
})

test('one that is over fails the night, whatever the scenario does', () => {
  const judged = judgeQuarantine(nightOf(testOf('nova', 'boots')), [entry], '2027-01-01')
  expect(judged.outcomes[0]).toMatchObject({ state: 'failed' })
  expect(judged.outcomes[0]?.failures[0]?.message).toContain('ended on 2026-12-31')
  expect(exitStatus(judged)).toBe(1)
})

test('one of a test is of that test only, in each of its runs', () => {
  const other = [{ ...entry, test: 'stops' }]
  expect(exitStatus(judgeQuarantine(flaked, other, '2026-01-01'))).toBe(1)
  expect(exitStatus(judgeQuarantine(flaked, [{ ...entry, test: 'boots' }], '2026-01-01'))).toBe(0)
})

test.each([
  ['scenario: nova', /expected array/],
  ['- { scenario: nova, until: 2026-12-31 }', /issue/],
  ['- { scenario: nova, issue: 1x, until: tomorrow }', /until/],
  ['- { scenario: nova, issue: 1x, until: 2026-12-31, because: x }', /because/],
  ['- [', /quarantine.yaml/],
])('%j is refused', (text, says) => {
  expect(() => parseQuarantine(text, 'quarantine.yaml')).toThrow(says)
})

test('one of the documented form is taken, and an empty file, too', () => {
  const text = '- scenario: nova\n  issue: https://bugs.example/24\n  until: 2026-12-31\n'
  expect(parseQuarantine(text, '')).toEqual([entry])
  expect(parseQuarantine('# nothing\n', '')).toEqual([])
})
