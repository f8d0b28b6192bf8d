import { endsWaits } from '../../errors/index.js'
import type { Condition, Look, Seen } from '../condition.js'
import { together } from './together.js'

/** Whichever of these comes first, and its value. It is impossible when all of them are. */
export function any<T>(...conditions: Condition<T>[]): Condition<T> {
  return { ...together(conditions, ' or '), probe: (look) => probeAny(conditions, look) }
}

async function probeAny<T>(conditions: Condition<T>[], look: Look): Promise<Seen<T>> {
  const looks = conditions.map((condition) => condition.probe(look))
  // The slowest must not hold up one that is there.
  const first = await Promise.any(looks.map(valueOf)).catch(() => undefined)
  if (first) return first
  const ended = await Promise.allSettled(looks)
  const errors = ended.flatMap((each) => (each.status === 'rejected' ? [each.reason as Error] : []))
  const found = ended.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
  const error = errors.find(endsWaits) ?? errors[0]
  if (error !== undefined) throw error
  const seen = found.map((each) => ('seen' in each ? each.seen : 'impossible' in each ? each.impossible : ''))
  if (found.every((each) => 'impossible' in each)) return { impossible: seen.join('; ') }
  return { done: false, seen: seen.join('; ') }
}

/** Rejects when there is none. */
async function valueOf<T>(look: Promise<Seen<T>>): Promise<{ done: true; value: T }> {
  const found = await look
  if ('value' in found) return found
  throw new Error('not there')
}
