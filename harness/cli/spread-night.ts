import {
  expectedDuration,
  scenarioTopologies,
  spread,
  type Piece,
  type SpreadPlan,
  type WeighedPiece,
} from '../nightly/index.js'
import type { NightPlan } from './plan-night.js'

/** Spreads a night over machines. Those that spread it by themselves come to the same when they know the same durations. */
export async function spreadNight(plan: NightPlan, count: number): Promise<SpreadPlan> {
  const pieces: WeighedPiece[] = []
  for (const piece of plan.parts.flatMap((part) => part.pieces)) {
    const takes = piece.files.reduce(
      (sum, file) => sum + expectedDuration(plan.durations, { project: piece.project, file }),
      0,
    )
    pieces.push({ ...piece, takes, goldens: await goldensOf(piece) })
  }
  return {
    ...{
      format: 'stackrig-night-plan',
      version: 1,
      key: plan.key,
      parts: plan.parts.map(({ name }) => name),
    },
    shards: spread(pieces, count).map(({ pieces: own, goldens, takes }) => ({
      pieces: own.map(({ part, project, files }) => ({ part, project, files })),
      ...{ goldens, takes },
    })),
  }
}

/** The plan of one of the machines: its pieces as they were spread, in the order of the night. */
export function planOfShard(plan: NightPlan, { shards }: SpreadPlan, index: number): NightPlan {
  const own = shards[index - 1]?.pieces ?? []
  const parts = plan.parts.map((part) => ({
    ...part,
    pieces: own.filter((piece) => piece.part === part.name),
  }))
  return { ...plan, parts: parts.filter(({ pieces }) => pieces.length > 0) }
}

/** The golden snapshots that a piece forks. */
async function goldensOf({ project, files }: Piece): Promise<string[]> {
  switch (project) {
    case 'vm':
    case 'torture':
      return ['pocket']
    case 'bench':
      return ['three-node', 'pocket']
    case 'scenarios':
      return scenarioTopologies(files[0] ?? '')
    case 'all-in-one':
      return ['all-in-one']
    default:
      return []
  }
}
