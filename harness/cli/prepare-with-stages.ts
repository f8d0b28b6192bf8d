import { isStage, prepareStart, type Prepared } from '../cloud/index.js'
import { interrupted } from './interrupt.js'
import type { Progress } from './progress.js'
import { allStarts, findTopology } from './starts.js'

/** Makes sure of the golden snapshots of a topology and of its stages, and says what takes so long. */
export async function prepareWithStages(name: string, progress: Progress): Promise<Prepared<string>> {
  const options = { signal: interrupted, onProgress: progress.say }
  const prepared = await prepareStart(await findTopology(name), options)
  for (const start of await allStarts()) {
    if (isStage(start) && start.topology.name === name) await prepareStart(start, options)
  }
  return prepared
}
