import { findTopology, prepare, stagesOf } from '../scenario/index.js'
import type { Snapshot } from '../snapshot/index.js'
import { interrupted } from './interrupt.js'
import type { Progress } from './progress.js'

/** Makes sure of the golden snapshots of a topology and of its stages, and says what takes so long. */
export async function prepareWithStages(name: string, progress: Progress): Promise<Snapshot> {
  const signal = interrupted
  const prepared = await prepare(await findTopology(name), { signal, onProgress: progress.part(name) })
  // A stage names itself.
  for (const stage of await stagesOf(name)) await prepare(stage, { signal, onProgress: progress.part() })
  return prepared
}
