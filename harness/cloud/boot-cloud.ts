import { coldStart, type Cluster, type Topology } from '../cluster/index.js'
import type { Duration } from '../duration.js'
import { makeFaults } from '../faults/index.js'
import { prepareImages } from './prepare.js'
import { cloudReady, type Diagnose } from './readiness.js'

/**
 * A cluster that was booted from its images for the caller alone, provisioned, and proved ready: for what a fork cannot
 * show. Takes many minutes.
 * @param options.delays how much later than the others a node is switched on, by its name.
 * @throws StackrigError those of `prepareImages`, `coldStart` and `cloudReady`.
 */
export async function bootCloud<Name extends string>(
  topology: Topology<Name>,
  options: {
    delays?: Partial<Record<Name, Duration>>
    logFolder?: string
    signal?: AbortSignal
    onProgress?: (what: string) => void
    diagnose?: Diagnose
  } = {},
): Promise<Cluster<Name>> {
  const machines = await prepareImages(topology, options)
  const { delays, ...run } = options
  const cluster = await coldStart(topology, {
    ...run,
    ...machines,
    makeFaults,
    ...(delays && { delays: delays as Record<string, Duration> }),
  })
  try {
    await cloudReady(cluster, options)
    return cluster
  } catch (error) {
    await cluster.close()
    throw error
  }
}
