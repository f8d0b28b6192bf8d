import { StackrigError } from '../errors/index.js'
import type { NightRun, ShardNote, SpreadPlan } from '../nightly/index.js'
import type { Outcome } from '../report/index.js'

/** What several machines have run of one night. */
export interface MergedShards {
  plan: SpreadPlan
  runs: NightRun[]
  /** What none of them ran, as something that is to run. */
  missing: Outcome[]
}

/**
 * The shards of one night together. Of a shard that is there more than once, as one that was requeued, the last counts.
 * @throws StackrigError USAGE for shards of different nights.
 */
export function mergeShards(notes: readonly ShardNote[]): MergedShards {
  const [first] = notes
  if (first === undefined) throw new StackrigError('USAGE', 'the shards of a night must be named')
  const other = notes.find(({ plan }) => planId(plan) !== planId(first.plan))
  if (other) {
    throw new StackrigError('USAGE', 'shards that are merged must be of one night', {
      seen: `${planId(first.plan)} and ${planId(other.plan)}: plan key/number of shards`,
      next: 'remove results of other nights from these folders',
    })
  }
  const byIndex = new Map(notes.map((note) => [note.index, note]))
  const runs = [...byIndex].toSorted(([a], [b]) => a - b).flatMap(([, note]) => note.runs)
  const ran = new Set(
    runs.flatMap(({ part, project, files }) => files.map((file) => [part, project, file].join('\n'))),
  )
  const missing = first.plan.shards.flatMap(({ pieces }) =>
    pieces.flatMap(({ part, project, files }) =>
      files
        .filter((file) => !ran.has([part, project, file].join('\n')))
        .map((file): Outcome => ({
          ...{ kind: 'file', project, file, name: `the file itself (${part})`, tags: [] },
          ...{ state: 'not run', duration: 0, failures: [] },
        })),
    ),
  )
  return { plan: first.plan, runs, missing }
}

const planId = ({ key, shards }: SpreadPlan): string => `${key}/${shards.length}`
