import type { Facts } from './facts/facts.js'
import { recordKinds } from './facts/read.js'

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
 * What differs between two collections. Of a kind of which nothing is known any more nothing is said when the second
 * collection was cut short, or when a server tells that kind: it may not answer.
 */
export function differencesOf(
  node: string,
  before: Facts,
  now: Facts,
  { volatile = new Set(), whole = true }: { volatile?: ReadonlySet<string>; whole?: boolean } = {},
): Difference[] {
  const found: Difference[] = []
  for (const kind of new Set([...before.kinds, ...now.kinds])) {
    const [had, has] = [before.of(kind), now.of(kind)]
    const silent = has.size === 0 && before.get(recordKinds, kind) !== undefined
    if (silent || (!whole && has.size === 0)) continue
    for (const subject of new Set([...had.keys(), ...has.keys()])) {
      const [was, is] = [had.get(subject), has.get(subject)]
      if (was === is || volatile.has(factKey(kind, subject))) continue
      found.push({ node, kind, subject, before: was, now: is })
    }
  }
  return found
}
