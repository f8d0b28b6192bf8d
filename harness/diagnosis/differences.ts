import type { Facts } from './facts/facts.js'
import { toldKinds } from './facts/read.js'

/** A fact that is not what it was when all was well. */
export interface Difference {
  /** A node's name, or `cloud`. */
  node: string
  kind: string
  subject: string
  /** Undefined when it was not there. */
  before: string | undefined
  /** Undefined when it is gone. */
  now: string | undefined
}

export const factKey = (kind: string, subject: string): string => `${kind}\t${subject}`

/**
 * What differs between two collections. Nothing counts as gone when the second one was cut short; and of a kind of which nothing is told
 * any more, or none of its subjects with the same first word, nothing is said: whoever tells of it may not have answered.
 */
export function differencesOf(
  node: string,
  before: Facts,
  now: Facts,
  { volatile = new Set(), whole = true }: { volatile?: ReadonlySet<string>; whole?: boolean } = {},
): Difference[] {
  const found: Difference[] = []
  for (const kind of new Set([...before.kinds, ...now.kinds])) {
    if (kind === toldKinds) continue
    const [had, has] = [before.of(kind), now.of(kind)]
    const isSilent = (of: string): boolean =>
      before.get(toldKinds, of) !== undefined && now.get(toldKinds, of) === undefined
    if (has.size === 0 && isSilent(kind)) continue
    for (const subject of new Set([...had.keys(), ...has.keys()])) {
      const [was, is] = [had.get(subject), has.get(subject)]
      if (is === undefined && (!whole || isSilent(`${kind} ${subject.split(' ', 1).join('')}`))) continue
      if (was === is || volatile.has(factKey(kind, subject))) continue
      found.push({ node, kind, subject, before: was, now: is })
    }
  }
  return found
}
