import { setTimeout as delay } from 'node:timers/promises'
import { milliseconds, humanDuration, type Duration } from '../duration.js'
import { messageOf, StackrigError } from '../errors/index.js'

/** What a probe found: the thing waited for, or a description of what is there instead. */
export type Seen<T> = { done: true; value: T } | { done: false; seen: string }

export interface WaitOptions {
  /** After this the wait fails with WAIT_TIMEOUT. */
  timeout: Duration
  /** Pause between two probes, default 250 ms; it grows with probes that take long, which load what they look at. */
  interval?: Duration
  /** Ends the wait at once, with the signal's reason. */
  signal?: AbortSignal | undefined
  /** Asked once when the time-out has passed: log lines, a state, whatever explains the failure. */
  diagnose?: (() => Promise<string>) | undefined
}

// ms
const longestPause = 10_000

/**
 * Probes until the probe says `done`, and returns its value. A probe that throws has seen nothing yet: its message is
 * kept as what was last seen, unless the error is a StackrigError that no later probe can mend (UNEXPECTED_STATE,
 * NODE_CRASHED, QEMU_DIED, SANDBOX_DIED, HOST_DISK, ABORTED, USAGE, IMAGE_MISSING), which ends the wait.
 *
 * @throws StackrigError WAIT_TIMEOUT with what was last seen and the diagnosis; the signal's reason when aborted.
 */
export async function waitFor<T>(
  what: string,
  probe: (signal: AbortSignal) => Promise<Seen<T>>,
  options: WaitOptions,
): Promise<T> {
  const timeout = milliseconds(options.timeout)
  const interval = milliseconds(options.interval ?? 250)
  const expired = AbortSignal.timeout(timeout)
  const signal = options.signal ? AbortSignal.any([options.signal, expired]) : expired
  const aborted = rejection(signal)
  let seen = 'nothing yet'
  while (!signal.aborted) {
    const asked = performance.now()
    try {
      const result = await Promise.race([probe(signal), aborted])
      if (result.done) return result.value
      seen = result.seen
    } catch (error) {
      // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- it changes while the probe is awaited
      if (signal.aborted) break
      if (error instanceof StackrigError && final.has(error.code)) throw error
      seen = messageOf(error)
    }
    const pause =
      interval === 0 ? 0 : Math.max(interval, Math.min(2 * (performance.now() - asked), longestPause))
    await delay(pause, undefined, { signal }).catch(() => undefined)
  }
  options.signal?.throwIfAborted()
  const diagnosis = await options.diagnose?.().catch((error: unknown) => `no diagnosis: ${messageOf(error)}`)
  throw new StackrigError('WAIT_TIMEOUT', `waited ${humanDuration(timeout)} for ${what}`, {
    seen: diagnosis ? `${seen}\n${diagnosis}` : seen,
  })
}

const final = new Set([
  'UNEXPECTED_STATE',
  'NODE_CRASHED',
  'QEMU_DIED',
  'SANDBOX_DIED',
  'HOST_DISK',
  'ABORTED',
  'USAGE',
  'IMAGE_MISSING',
])

/** One promise for the whole wait: a listener for each probe would pile up on the signal. */
function rejection(signal: AbortSignal): Promise<never> {
  const promise = new Promise<never>((_, reject) => {
    if (signal.aborted) reject(signal.reason as Error)
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
  })
  promise.catch(() => undefined)
  return promise
}
