import { bootCloud, cloudReady, prepareStart, type PrepareOptions, type Start } from '../cloud/index.js'
import type { Cluster, Topology } from '../cluster/index.js'
import { diagnose } from '../diagnosis/index.js'
import type { Snapshot } from '../snapshot/index.js'
import { findingLines } from '../timeline/index.js'

/** Each finding as a text. */
const inWords = async (cluster: Cluster): Promise<string[]> =>
  (await diagnose(cluster)).map((finding) => findingLines(finding).join('\n'))

/** `prepareStart`, whose failures say what is wrong with the cluster. */
export function prepare<Name extends string>(
  start: Start<Name>,
  options: PrepareOptions = {},
): Promise<Snapshot<Name>> {
  return prepareStart(start, { diagnose: inWords, ...options })
}

/** `cloudReady`, whose failures say what is wrong with the cluster. */
export function cloudBecomesReady(
  cluster: Cluster,
  options: Parameters<typeof cloudReady>[1] = {},
): Promise<void> {
  return cloudReady(cluster, { diagnose: inWords, ...options })
}

/** `bootCloud`, whose failures say what is wrong with the cluster. */
export function bootReadyCloud<Name extends string>(
  topology: Topology<Name>,
  options: Parameters<typeof bootCloud<Name>>[1] = {},
): Promise<Cluster<Name>> {
  return bootCloud(topology, { diagnose: inWords, ...options })
}
