import { StackrigError } from '../errors/index.js'
import type { Piece } from './pieces.js'

/** A piece with what it needs, for spreading pieces over machines. */
export interface WeighedPiece extends Piece {
  /** What it takes, ms, as far as anybody knows. */
  takes: number
  /** Names of the golden snapshots that it forks. */
  goldens: string[]
}

/** What one machine does of a night. */
export interface Shard {
  pieces: WeighedPiece[]
  /** The golden snapshots that it makes or fetches. */
  goldens: string[]
  /** ms: its pieces, and its snapshots. */
  takes: number
}

/** ms to make a golden snapshot, where nobody has measured it: of the pocket cluster, and of a cloud. */
const making = { pocket: 60_000, other: 900_000 } as const

/**
 * Spreads pieces over machines so that the last is done soon, the making of golden snapshots included: a snapshot is made on as few machines
 * as pays. The same pieces are always spread the same way.
 * @param took what making a snapshot took, ms, where it is known
 */
export function spread(
  pieces: readonly WeighedPiece[],
  count: number,
  took: ReadonlyMap<string, number> = new Map(),
): Shard[] {
  const order = pieces.toSorted((a, b) => b.takes - a.takes || idOf(a).localeCompare(idOf(b)))
  const names = [...new Set(order.flatMap(({ goldens }) => goldens))].sort()
  const costs = new Map(
    names.map((name) => [name, took.get(name) ?? making[name === 'pocket' ? 'pocket' : 'other']]),
  )
  // On how many machines each is made: one at first, and then for each in turn the number with which all are done soonest.
  const limits = new Map(names.map((name) => [name, 1]))
  let best = spreadWithin(order, { count, costs, limits })
  for (const name of [...names, ...names]) {
    for (let machines = 1; machines <= count; machines++) {
      const tried = new Map(limits).set(name, machines)
      const shards = spreadWithin(order, { count, costs, limits: tried })
      if (score(shards) >= score(best)) continue
      best = shards
      limits.set(name, machines)
    }
  }
  return best
}

interface Bounds {
  count: number
  /** ms of making each snapshot. */
  costs: ReadonlyMap<string, number>
  /** How many machines may make it. */
  limits: ReadonlyMap<string, number>
}

/** The longest first, each to the machine that would be done soonest with it, of those that may have its snapshots. */
function spreadWithin(order: readonly WeighedPiece[], { count, costs, limits }: Bounds): Shard[] {
  const shards = Array.from({ length: count }, (): Shard => ({ pieces: [], goldens: [], takes: 0 }))
  const madeOn = (name: string): number => shards.filter(({ goldens }) => goldens.includes(name)).length
  const lacks = (shard: Shard, { goldens }: WeighedPiece): string[] =>
    goldens.filter((name) => !shard.goldens.includes(name))
  for (const piece of order) {
    const cost = (shard: Shard): number =>
      lacks(shard, piece).reduce((sum, name) => sum + (costs.get(name) ?? 0), piece.takes)
    const may = shards.filter((shard) =>
      lacks(shard, piece).every((name) => madeOn(name) < (limits.get(name) ?? 1)),
    )
    const [best] = (may.length > 0 ? may : shards).toSorted((a, b) => a.takes + cost(a) - (b.takes + cost(b)))
    if (!best) continue
    best.takes += cost(best)
    best.goldens.push(...lacks(best, piece))
    best.pieces.push(piece)
  }
  return shards
}

/** When the last is done; of those that are alike, the one with less work is better. */
function score(shards: readonly Shard[]): number {
  const takes = shards.map((shard) => shard.takes)
  return Math.max(...takes) + takes.reduce((sum, one) => sum + one, 0) / 1e6
}

const idOf = ({ part, project, files }: Piece): string => [part, project, ...files].join('\n')

/** `2/4`: which machine of how many. @throws StackrigError USAGE */
export function parseShard(text: string): { index: number; count: number } {
  const [, index = 0, count = 0] = (/^(\d{1,4})\/(\d{1,4})$/.exec(text) ?? []).map(Number)
  if (index >= 1 && index <= count) return { index, count }
  throw new StackrigError('USAGE', 'a shard is written as 2/4: the second of four', { seen: text })
}
