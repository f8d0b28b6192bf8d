import { bootCluster, type BootOptions } from './boot.js'
import type { Cluster } from './cluster.js'
import { requireMemory } from './host-room.js'
import { provision } from './provision.js'
import type { Topology } from './topology.js'

/**
 * Boots all nodes of a topology and provisions them. The cluster is running; whether it works is not known yet.
 * @throws StackrigError HOST_MEMORY, and those of `bootCluster` and `provision`.
 */
export async function coldStart<Name extends string>(
  topology: Topology<Name>,
  options: BootOptions,
): Promise<Cluster<Name>> {
  await requireMemory(topology, options.images)
  const cluster = await bootCluster(topology, options)
  try {
    await provision(cluster, options.onProgress)
    return cluster
  } catch (error) {
    await cluster.close()
    throw error
  }
}
