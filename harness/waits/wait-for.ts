import { humanDuration, milliseconds, type Duration } from '../duration.js'
import { endsWaits, messageOf, StackrigError, type ErrorCode } from '../errors/index.js'
import { rejection } from '../time-limit.js'
import { presentTimeline } from '../timeline/index.js'
import type { Condition, Look, Seen } from './condition.js'
import { History } from './history.js'
import { Pause } from './pause.js'
import { WaitRecord } from './wait-record.js'

export interface WaitOptions {
  /** After this the wait fails with WAIT_TIMEOUT; default 5 min. */
  timeout?: Duration
  /** Pause between two looks, default the condition's; it grows with looks that take long, which load what they look at. */
  interval?: Duration
  /** Ends the wait at once, with the signal's reason. */
  signal?: AbortSignal | undefined
  /** Asked once when the wait has failed: log lines, a state, whatever explains it. */
  diagnose?: (() => Promise<string>) | undefined
}

// ms
const defaultInterval = 250
const longestPause = 10_000

/**
 * Looks until the condition is met, and returns its value. A probe that throws has seen nothing yet: its message is kept
 * among what was seen, unless the error is one that no later look can mend (`endsWaits`), which ends the wait.
 *
 * @throws StackrigError WAIT_TIMEOUT with everything that was seen and the diagnosis, and the last look's error as `cause`
 * when it had no answer; UNEXPECTED_STATE or the condition's own code as soon as it cannot be met any more; the signal's
 * reason when aborted.
 */
export async function waitFor<T>(condition: Condition<T>, options: WaitOptions = {}): Promise<T> {
  const { what } = condition
  const timeout = milliseconds(options.timeout ?? '5min')
  const interval = milliseconds(options.interval ?? condition.interval ?? defaultInterval)
  const started = performance.now()
  const over = new AbortController()
  const outside = [options.signal, condition.signal].filter((signal) => signal !== undefined)
  const signal = AbortSignal.any([over.signal, ...outside])
  // Node 20.20 forgets an AbortSignal.timeout that only AbortSignal.any refers to when it collects garbage: it never fires.
  const timer = setTimeout(() => over.abort(), timeout)
  const look = (): Look => ({
    signal,
    timeLeft: Math.max(1, Math.ceil(started + timeout - performance.now())),
  })
  const aborted = rejection(signal)
  const history = new History()
  const record = new WaitRecord(presentTimeline(), what)
  let status: 'passed' | 'failed' = 'failed'
  const pause = new Pause()
  let isWatched = false
  let unanswered: unknown
  const failure = async (code: ErrorCode, wanted: string): Promise<StackrigError> =>
    new StackrigError(code, wanted, {
      seen: [history.toString(), ...(await explanation(options.diagnose))].join('\n'),
      cause: unanswered,
    })
  try {
    while (!signal.aborted) {
      const asked = performance.now()
      const found = await answer(condition, look(), aborted)
      if ('value' in found) {
        status = 'passed'
        return found.value
      }
      // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- it changes while the probe is awaited
      if (signal.aborted) {
        history.add(`no answer to a look that had begun ${humanDuration(performance.now() - asked)} before`)
        break
      }
      record.saw(textOf(found))
      if ('error' in found && endsWaits(found.error)) throw found.error
      unanswered = 'error' in found ? found.error : undefined
      history.add(textOf(found))
      if ('impossible' in found) {
        const after = humanDuration(performance.now() - started)
        throw await failure(
          found.code ?? 'UNEXPECTED_STATE',
          `waited ${after} for ${what}, which can no longer happen`,
        )
      }
      if (!isWatched) condition.watch?.(look(), pause.end)
      isWatched = true
      const took = performance.now() - asked
      await pause.take(interval === 0 ? 0 : Math.max(interval, Math.min(2 * took, longestPause)), signal)
    }
    for (const { aborted, reason } of outside) if (aborted) throw reason
    throw await failure('WAIT_TIMEOUT', `waited ${humanDuration(timeout)} for ${what}`)
  } finally {
    clearTimeout(timer)
    over.abort()
    record.ended(status)
  }
}

/** What a look found, or what was thrown instead. */
type Answer<T> = Seen<T> | { error: unknown }

async function answer<T>(condition: Condition<T>, look: Look, aborted: Promise<never>): Promise<Answer<T>> {
  try {
    return await Promise.race([condition.probe(look), aborted])
  } catch (error) {
    return { error }
  }
}

function textOf(found: Exclude<Answer<unknown>, { done: true }>): string {
  if ('error' in found) return messageOf(found.error)
  return 'impossible' in found ? found.impossible : found.seen
}

async function explanation(diagnose: WaitOptions['diagnose']): Promise<string[]> {
  const said = await diagnose?.().catch((error: unknown) => `no diagnosis: ${messageOf(error)}`)
  return said ? [said] : []
}
