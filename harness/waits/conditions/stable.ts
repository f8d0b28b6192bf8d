import { milliseconds, type Duration } from '../../duration.js'
import type { Condition } from '../condition.js'

/**
 * The condition at every look for so long: what comes and goes between two looks is not noticed. Its value: that of the
 * last look.
 */
export function stable<T>(condition: Condition<T>, duration: Duration): Condition<T> {
  const length = milliseconds(duration)
  /** When it began to be so, for each wait, of which the signal is the sign. */
  const since = new WeakMap<AbortSignal, number>()
  return {
    ...condition,
    what: `${condition.what}, for ${duration}${typeof duration === 'number' ? ' ms' : ''} without a break`,
    async probe(look) {
      const found = await condition.probe(look).catch((error: unknown) => {
        since.delete(look.signal)
        throw error
      })
      if (!('value' in found)) {
        since.delete(look.signal)
        return found
      }
      const now = performance.now()
      const began = since.get(look.signal) ?? now
      since.set(look.signal, began)
      return now - began >= length ? found : { done: false, seen: 'it is so, but not yet for long enough' }
    },
  }
}
