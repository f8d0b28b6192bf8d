import { milliseconds } from '../../duration.js'
import type { Condition } from '../condition.js'

/** What a condition made of several takes from them, all but the probe. */
export function together(
  conditions: readonly Condition[],
  word: ' and ' | ' or ',
): Omit<Condition, 'probe'> & Required<Pick<Condition, 'watch'>> {
  const signals = conditions.flatMap(({ signal }) => (signal ? [signal] : []))
  const intervals = conditions.flatMap(({ interval }) =>
    interval === undefined ? [] : [milliseconds(interval)],
  )
  return {
    what: conditions.map(({ what }) => what).join(word),
    watch: (look, again) => conditions.forEach((condition) => condition.watch?.(look, again)),
    // Whoever may be asked least often says how often all are.
    ...(intervals.length > 0 && { interval: Math.max(...intervals) }),
    ...(signals.length > 0 && { signal: AbortSignal.any(signals) }),
  }
}
