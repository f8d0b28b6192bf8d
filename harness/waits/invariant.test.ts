import { once } from 'node:events'
import { expect, test, vi } from 'vitest'
import { StackrigError } from '../errors/index.js'
import { invariant } from './invariant.js'
import { absent, finding, there } from './testing/looks.js'

test('what holds is looked at until its end, and no longer', async () => {
  const condition = finding(there)
  {
    await using steady = invariant(condition)
    await vi.waitUntil(() => condition.looks.length > 5)
    expect(steady.signal.aborted).toBe(false)
  }
  const { length } = condition.looks
  await new Promise(setImmediate)
  expect(condition.looks).toHaveLength(length)
})

test('what did not hold once is told at the end, and at once by the signal', async () => {
  const steady = invariant(finding(there, absent('ECONNREFUSED'), there))
  if (!steady.signal.aborted) await once(steady.signal, 'abort')
  await expect(async () => steady[Symbol.asyncDispose]()).rejects.toMatchObject({
    code: 'INVARIANT_BROKEN',
    message: expect.stringMatching(/it had to hold[\s\S]*ECONNREFUSED/) as string,
  })
})

test('a look that fails proves nothing, unless no later one can find better', async () => {
  const failing = (code: 'WAIT_TIMEOUT' | 'NODE_CRASHED') => () =>
    Promise.reject(new StackrigError(code, 'no look'))
  const condition = finding(failing('WAIT_TIMEOUT'), there)
  {
    await using steady = invariant(condition)
    await vi.waitUntil(() => condition.looks.length > 3)
    expect(steady.signal.aborted).toBe(false)
  }
  const steady = invariant(finding(failing('NODE_CRASHED')))
  if (!steady.signal.aborted) await once(steady.signal, 'abort')
  await expect(async () => steady[Symbol.asyncDispose]()).rejects.toMatchObject({ code: 'INVARIANT_BROKEN' })
})
