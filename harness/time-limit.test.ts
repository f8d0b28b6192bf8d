import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { endsWithin, withTimeLimit } from './time-limit.js'

const late = (): Error => new Error('too late')
const untilAborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)))

test('work that takes longer is told why it is ended; work that does not gives what it gives', async () => {
  await expect(withTimeLimit({ timeout: 10, late }, untilAborted)).rejects.toThrow('too late')
  expect(await withTimeLimit({ timeout: 60_000, late }, () => Promise.resolve(7))).toBe(7)
  const failed = withTimeLimit({ timeout: 60_000, late }, () => Promise.reject(new Error('its own')))
  await expect(failed).rejects.toThrow('its own')
})

test('another signal ends it for its own reason, also one that was aborted before', async () => {
  const stop = new AbortController()
  const working = withTimeLimit({ timeout: 60_000, late, signals: [stop.signal] }, untilAborted)
  stop.abort(new Error('given up'))
  await expect(working).rejects.toThrow('given up')
  const after = withTimeLimit({ timeout: 60_000, late, signals: [stop.signal] }, (signal) => {
    signal.throwIfAborted()
    return Promise.resolve()
  })
  await expect(after).rejects.toThrow('given up')
})

test('work that is only waited for goes on, and its failure is told', async () => {
  expect(await endsWithin(10, delay(60_000, undefined, { ref: false }))).toBe(false)
  expect(await endsWithin(60_000, delay(1))).toBe(true)
  await expect(endsWithin(60_000, Promise.reject(new Error('its own')))).rejects.toThrow('its own')
})
