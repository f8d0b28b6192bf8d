import { setTimeout as delay } from 'node:timers/promises'
import { humanDuration, milliseconds, type Duration } from '../duration.js'
import { endsWaits, StackrigError } from '../errors/index.js'
import type { Condition } from './condition.js'

// ms
const defaultInterval = 1000

/** Something that must hold until this is disposed of, which rejects with INVARIANT_BROKEN when it did not. */
export interface WatchedInvariant extends AsyncDisposable {
  /** Aborted with the same error as soon as a look finds that it does not hold: for waits that make no sense any more. */
  readonly signal: AbortSignal
}

/**
 * Looks at a condition again and again: `await using steady = invariant(port(controller, 5000))`. One look that finds it not met
 * breaks it; a look that fails proves nothing, unless no later one can find better.
 */
export function invariant(
  condition: Condition,
  { interval }: { interval?: Duration } = {},
): WatchedInvariant {
  const pause = milliseconds(interval ?? condition.interval ?? defaultInterval)
  const over = new AbortController()
  const broken = new AbortController()
  const begun = performance.now()
  const breaks = (seen: string, cause?: unknown): void => {
    const after = humanDuration(performance.now() - begun)
    const wanted = `${condition.what} had to hold, and did not after ${after}`
    broken.abort(new StackrigError('INVARIANT_BROKEN', wanted, { seen, cause }))
  }
  const watching = async (): Promise<void> => {
    while (!over.signal.aborted && !broken.signal.aborted) {
      try {
        const found = await condition.probe({ signal: over.signal, timeLeft: 60_000 })
        // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- it changes while the probe is awaited
        if (over.signal.aborted) return
        if ('impossible' in found) breaks(found.impossible)
        else if (!found.done) breaks(found.seen)
      } catch (error) {
        // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- as above
        if (!over.signal.aborted && endsWaits(error)) breaks('a look failed', error)
      }
      await delay(pause, undefined, { signal: over.signal }).catch(() => undefined)
    }
  }
  const watched = watching()
  return {
    signal: broken.signal,
    [Symbol.asyncDispose]: async () => {
      over.abort()
      await watched
      broken.signal.throwIfAborted()
    },
  }
}
