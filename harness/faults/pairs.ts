/** From the first node to the second. */
export type Pair = [from: string, to: string]

/** `*` are all other nodes. */
type Ends = string | readonly string[]

/** All pairs with one end here and the other there, in both directions unless it is one way. */
export function between(all: readonly string[], from: Ends, to: Ends, oneWay: boolean): Pair[] {
  const senders = namesOf(all, from, to)
  const receivers = namesOf(all, to, from)
  const there = senders.flatMap((a) => receivers.filter((b) => b !== a).map((b): Pair => [a, b]))
  return distinct(oneWay ? there : [...there, ...there.map(([a, b]): Pair => [b, a])])
}

/** All pairs whose ends are in different groups. */
export function acrossGroups(groups: readonly (readonly string[])[]): Pair[] {
  return distinct(
    groups.flatMap((group) =>
      groups.filter((other) => other !== group).flatMap((other) => between([], group, other, true)),
    ),
  )
}

/** `a – b` for both ways, `a → b` for one. */
export function describePairs(pairs: readonly Pair[]): string {
  const has = (a: string, b: string): boolean => pairs.some(([from, to]) => from === a && to === b)
  return pairs
    .filter(
      ([from, to], index) => !has(to, from) || index < pairs.findIndex(([a, b]) => a === to && b === from),
    )
    .map(([from, to]) => (has(to, from) ? `${from} – ${to}` : `${from} → ${to}`))
    .join(', ')
}

function namesOf(all: readonly string[], ends: Ends, others: Ends): readonly string[] {
  if (ends !== '*') return [ends].flat()
  const taken = others === '*' ? [] : [others].flat()
  return all.filter((name) => !taken.includes(name))
}

function distinct(pairs: Pair[]): Pair[] {
  return [...new Map(pairs.map((pair) => [pair.join(' '), pair])).values()]
}
