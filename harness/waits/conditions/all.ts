import { endsWaits, messageOf } from '../../errors/index.js'
import type { Condition, Look, Seen } from '../condition.js'
import { together } from './together.js'

/** All of these in one and the same look; its value: theirs, in the same order. It is impossible as soon as one of them is. */
export function all<Values extends unknown[]>(
  ...conditions: { [Index in keyof Values]: Condition<Values[Index]> }
): Condition<Values> {
  return { ...together(conditions, ' and '), probe: (look) => probeAll(conditions, look) }
}

async function probeAll<Values extends unknown[]>(
  conditions: { [Index in keyof Values]: Condition<Values[Index]> },
  look: Look,
): Promise<Seen<Values>> {
  const looks = await Promise.allSettled(conditions.map((condition) => condition.probe(look)))
  const errors = looks.flatMap((each) => (each.status === 'rejected' ? [each.reason as Error] : []))
  const found = looks.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
  const ending = errors.find(endsWaits)
  if (ending) throw ending
  const impossible = found.find((each) => 'impossible' in each)
  if (impossible) return impossible
  const missing = found.flatMap((each) => ('seen' in each ? [each.seen] : []))
  // One that surely is not there answers for all; errors alone are no answer.
  if (missing.length > 0) return { done: false, seen: [...missing, ...errors.map(messageOf)].join('; ') }
  const [unanswered] = errors
  if (unanswered) throw unanswered
  return { done: true, value: found.flatMap((each) => ('value' in each ? [each.value] : [])) as Values }
}
