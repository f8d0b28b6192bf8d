import { prepareStart, type Prepared } from '../cloud/index.js'
import { interrupted } from './interrupt.js'
import type { Progress } from './progress.js'
import { findTopology, stagesOf } from './starts.js'

/** Makes sure of the golden snapshots of a topology and of its stages, and says what takes so long. */
export async function prepareWithStages(name: string, progress: Progress): Promise<Prepared<string>> {
  const signal = interrupted
  const prepared = await prepareStart(await findTopology(name), { signal, onProgress: progress.part(name) })
  // A stage names itself.
  for (const stage of await stagesOf(name)) await prepareStart(stage, { signal, onProgress: progress.part() })
  return prepared
}
