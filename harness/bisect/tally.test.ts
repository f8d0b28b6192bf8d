import { expect, test } from 'vitest'
import { requireEnd, tallyText, verdictOfTally } from './tally.js'

const place = { scenario: 'scenarios/nova', lock: 'good.lock' }

test.each([
  [{ passed: 2, failed: 0 }, 'passed', 'passed'],
  [{ passed: 0, failed: 2, cause: 'no valid host' }, 'failed', 'failed, no valid host'],
  [{ passed: 1, failed: 1, cause: 'late' }, 'skipped', 'failed in 1 of 2 runs, late'],
  [
    { passed: 0, failed: 0, unbuilt: 'apt cannot install it' },
    'skipped',
    'could not be built: apt cannot install it',
  ],
] as const)('%j %s', (tally, verdict, text) => {
  expect(verdictOfTally(tally)).toBe(verdict)
  expect(tallyText(tally)).toBe(text)
})

test('one that fails of something else says nothing', () => {
  const tally = { passed: 0, failed: 2, cause: 'no network' }
  expect(verdictOfTally(tally, 'no valid host')).toBe('skipped')
  expect(tallyText(tally, 'no valid host')).toBe(
    'failed, no network (of something else than with the bad lock)',
  )
  expect(verdictOfTally(tally, 'no network')).toBe('failed')
  expect(tallyText(tally, 'no network')).toBe('failed, no network')
  expect(verdictOfTally({ passed: 2, failed: 0 }, 'no network')).toBe('passed')
})

test('good is good, and bad is bad', () => {
  expect(() => requireEnd('good', { passed: 2, failed: 0 }, place)).not.toThrow()
  expect(() => requireEnd('bad', { passed: 0, failed: 2 }, place)).not.toThrow()
})

test.each([
  [
    'good',
    { passed: 0, failed: 2, cause: 'no valid host' },
    'USAGE',
    /pass with the good lock[\s\S]*no valid host/,
  ],
  ['bad', { passed: 2, failed: 0 }, 'USAGE', /fail with the bad lock/],
  [
    'good',
    { passed: 1, failed: 1, cause: 'late' },
    'USAGE',
    /always pass[\s\S]*1 runs passed, 1 failed: late/,
  ],
  ['bad', { passed: 1, failed: 2 }, 'USAGE', /always fail[\s\S]*--repeat 20/],
  [
    'bad',
    { passed: 0, failed: 0, unbuilt: 'no module' },
    'IMAGE_BUILD_FAILED',
    /bad lock[\s\S]*no module[\s\S]*start again/,
  ],
] as const)('a %s lock with %j is refused', (end, tally, code, says) => {
  expect(() => requireEnd(end, tally, place)).toThrow(
    expect.objectContaining({ code, message: expect.stringMatching(says) as string }),
  )
})
