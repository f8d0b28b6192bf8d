import { expect, test } from 'vitest'
import { StackrigError } from '../../errors/index.js'
import { absent, finding, there } from '../testing/looks.js'
import { waitFor } from '../wait-for.js'
import { stable } from './stable.js'

const length = 200

/** How long a wait took, ms. */
async function time(wait: Promise<unknown>): Promise<number> {
  const started = performance.now()
  await wait
  return performance.now() - started
}

test('it has to be so for the whole time', async () => {
  const condition = stable(finding(there), length)
  expect(condition.what).toBe('it, for 200 ms without a break')
  expect(await time(waitFor(condition))).toBeGreaterThanOrEqual(length)
  // Another wait begins anew.
  expect(await time(waitFor(condition))).toBeGreaterThanOrEqual(length)
})

test.each([
  ['a break', () => Promise.resolve(absent())],
  ['an error', () => Promise.reject(new StackrigError('API_FAILED', 'no answer'))],
])('%s begins it anew', async (_, broken) => {
  let brokenAt = 0
  const condition = finding(
    ...Array.from({ length: 5 }, () => there),
    () => {
      brokenAt = performance.now()
      return broken()
    },
    there,
  )
  await waitFor(stable(condition, length))
  expect(brokenAt).toBeGreaterThan(0)
  expect(performance.now() - brokenAt).toBeGreaterThanOrEqual(length)
})

test('what is impossible stays so', async () => {
  await expect(waitFor(stable(finding({ impossible: 'failed' }), '1min'))).rejects.toMatchObject({
    code: 'UNEXPECTED_STATE',
  })
})
