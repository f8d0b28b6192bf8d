import { bootCluster, type BootOptions } from './boot.js'
import type { Cluster } from './cluster.js'
import { requireMemory } from './host-room.js'
import { provision } from './provision.js'
import type { Topology } from './topology.js'

/**
 * Boots all nodes of a topology and provisions them. The cluster is running; whether it works is not known yet. The
 * signal ends it for as long as it lives: what waits for one of its nodes ends with it.
 * @throws StackrigError HOST_MEMORY, and those of `bootCluster` and `provision`.
 */
export async function coldStart<Name extends string>(
  topology: Topology<Name>,
  options: BootOptions,
): Promise<Cluster<Name>> {
  await requireMemory(topology, options.images)
  const cluster = await bootCluster(topology, options)
  cluster.closeWhen(options.signal)
  try {
    options.signal?.throwIfAborted()
    await provision(cluster, options.onProgress)
    return cluster
  } catch (error) {
    await cluster.close()
    throw error
  }
}
