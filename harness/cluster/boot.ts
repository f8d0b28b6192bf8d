import { setTimeout as delay } from 'node:timers/promises'
import { milliseconds, type Duration } from '../duration.js'
import { bootNode, newDisk } from './boot-node.js'
import { Cluster, type ClusterOptions } from './cluster.js'
import type { Topology } from './topology.js'

export interface BootOptions extends ClusterOptions {
  /** Until every node has shown its login prompt; default 15 min. */
  timeout?: Duration | undefined
  /** How much later than the others a node is switched on, by its name. */
  delays?: Readonly<Record<string, Duration>> | undefined
  signal?: AbortSignal | undefined
  onProgress?: ((what: string) => void) | undefined
}

/**
 * Boots all nodes of a topology at once, and resolves when their shells answer.
 * @throws StackrigError those of `bootNode`, and those of `Sandbox.open`.
 */
export async function bootCluster<Name extends string>(
  topology: Topology<Name>,
  options: BootOptions,
): Promise<Cluster<Name>> {
  const { timeout = '15min', signal } = options
  return Cluster.start(topology, options, {
    signal,
    startNode: async (node, cluster) => {
      await delay(milliseconds(options.delays?.[node.name] ?? 0), undefined, { signal: cluster.stopping })
      await newDisk(cluster, node)
      const launched = await bootNode(cluster, node, { timeout })
      options.onProgress?.(`${node.name} answers`)
      return launched
    },
  })
}
