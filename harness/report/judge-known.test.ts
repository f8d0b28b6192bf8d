import { expect, test } from 'vitest'
import { bug } from '../scenario/index.js'
import { exitStatus } from './exit-status.js'
import { judgeKnown } from './judge-known.js'
import { countOutcomes, type Failure, type Outcome, type Run } from './run.js'

const issue = { id: '1234', says: { source: 'No valid host', flags: 'g' }, until: '2027-03-01' }
const day = new Date(2027, 2, 1, 23, 59)

const outcome = (state: Outcome['state'], ...messages: string[]): Outcome => ({
  kind: 'test',
  project: 'scenarios',
  file: 'scenarios/bugs/1234.scenario.ts',
  name: 'an instance boots',
  tags: [],
  state,
  duration: 1,
  failures: messages.map((message): Failure => ({ class: 'product', message })),
})

const runOf = (...outcomes: Outcome[]): Run => ({
  started: new Date(0),
  duration: 1,
  interrupted: false,
  files: [],
  outcomes,
})

test('a failure that says what it is known to say is known, until its last day is over', () => {
  const known = judgeKnown(outcome('failed', 'ERROR: No valid host was found'), issue, day)
  expect(known).toMatchObject({ state: 'known', issue: { id: '1234', until: '2027-03-01' } })
  expect(exitStatus(runOf(outcome('passed'), known))).toBe(0)
  expect(countOutcomes(runOf(outcome('passed'), known))).toMatchObject({ passed: 1, failed: 0, known: 1 })

  const late = judgeKnown(outcome('failed', 'No valid host'), issue, new Date(2027, 2, 2))
  expect(late.state).toBe('failed')
  expect(late.failures.at(-1)?.message).toBe('the known issue 1234 was expected until 2027-03-01')
})

test('another failure, and none, fail', () => {
  const other = judgeKnown(outcome('failed', 'Quota exceeded'), issue, day)
  expect(other).toMatchObject({
    state: 'failed',
    failures: [{ message: 'Quota exceeded' }, { class: 'scenario' }],
  })
  const fixed = judgeKnown(outcome('passed'), issue, day)
  expect(fixed).toMatchObject({
    state: 'failed',
    failures: [{ message: expect.stringMatching(/^fixed: /) as string }],
  })
  expect(exitStatus(runOf(outcome('passed'), fixed))).toBe(1)
})

test('a test that was left out stays so', () => {
  expect(judgeKnown(outcome('skipped'), issue, day).state).toBe('skipped')
  expect(judgeKnown(outcome('not run'), issue, day).state).toBe('not run')
})

test('a mark without an id, without a day, or with a day that is none is refused', () => {
  const says = /x/
  for (const [id, until] of [
    ['', '2027-03-01'],
    ['1', 'soon'],
    ['1', '2027-13-45'],
  ] as const)
    expect(() => bug(id, { says, until })).toThrow(expect.objectContaining({ code: 'USAGE' }))
  expect(bug('1', { says, until: '2027-03-01', tags: 'slow' })).toMatchObject({
    tags: 'slow',
    meta: { issue: { id: '1' } },
  })
})
