import type { Finding } from '../timeline/index.js'
import { tiers, type Suspicion } from './finding.js'
import type { Needs } from './needs.js'

export interface RankOptions {
  needs: Needs
  /** The things that failed; a change that none of them depends on is no finding. */
  failed: ReadonlySet<string>
  /** The error, and what nodes said that they never said before, in lower case: who is spoken of is suspected first. */
  said: string
  /** When it was first seen that something is wrong, ms since 1970: what began later is no cause of it. */
  firstBad?: number | undefined
}

/** The findings, the first cause first: the one that nothing explains. */
export function rank(
  suspicions: readonly Suspicion[],
  { needs, failed, said, firstBad }: RankOptions,
): Finding[] {
  const needed = new Set([...failed].flatMap((thing) => [...needs.below(thing)]))
  const kept = suspicions.filter(
    ({ tier, breaks }) => tier !== 'changed' || breaks.some((thing) => needed.has(thing)),
  )
  const explained = new Map<Suspicion, Suspicion[]>(
    kept.map((one) => [one, kept.filter((other) => other !== one && explains(one, other, needs))]),
  )
  const late = (one: Suspicion): boolean =>
    firstBad !== undefined && one.since !== undefined && one.since > firstBad + slack
  const isExplained = (one: Suspicion): boolean =>
    [...explained.values()].some((others) => others.includes(one))
  const order = [...kept].sort((a, b) => {
    const key = (one: Suspicion): number[] => [
      Number(late(one)),
      Number(isExplained(one)),
      tiers.indexOf(one.tier),
      -mentions(one, said),
      -nearness(one, failed),
      -(explained.get(one)?.length ?? 0),
      one.since ?? Infinity,
    ]
    const [one, other] = [key(a), key(b)]
    for (const [index, value] of one.entries()) if (value !== other[index]) return value - (other[index] ?? 0)
    return 0
  })
  const texts = new Set<string>()
  return order.flatMap((one) => {
    if (texts.has(one.what)) return []
    texts.add(one.what)
    const { what, where, since, proof, mends } = one
    return [
      {
        what,
        where,
        ...(since === undefined ? {} : { since: Math.round(since) }),
        proof,
        explains: [...new Set((explained.get(one) ?? []).map((other) => other.what))],
        ...(mends === undefined ? {} : { mends }),
      },
    ]
  })
}

/** Clocks of guests are read to the second, and files keep whole ones, ms. */
const slack = 3_000

/** Whether the other follows from the one: it depends on what the one breaks, and is further from a cause, or not its cause. */
function explains(one: Suspicion, other: Suspicion, needs: Needs): boolean {
  const [near, far] = [tiers.indexOf(one.tier), tiers.indexOf(other.tier)]
  if (near > far || other.tier === 'changed') return one.tier === 'absent' && other.tier === 'changed'
  const depends = (a: Suspicion, b: Suspicion): boolean =>
    a.breaks.some((thing) => {
      const below = needs.below(thing)
      return b.breaks.some((broken) => below.has(broken))
    })
  return depends(other, one) && (near < far || !depends(one, other))
}

/** How many of its words the error, or a new line of a log, has. */
function mentions({ words }: Suspicion, said: string): number {
  return words.filter((word) => word.length > 2 && said.includes(word.toLowerCase())).length > 0 ? 1 : 0
}

/** What breaks one part of what failed is nearer than what breaks a whole node. */
function nearness({ breaks }: Suspicion, failed: ReadonlySet<string>): number {
  const direct = breaks.some(
    (thing) => failed.has(thing) || [...failed].some((one) => one.endsWith(thing.replace(/^part /, ''))),
  )
  const broad = breaks.some((thing) => thing.startsWith('node '))
  return (direct ? 2 : 0) + (broad ? 0 : 1)
}
