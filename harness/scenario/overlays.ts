import { LayOver, type Cluster, type RunningNode } from '../cluster/index.js'
import type { RunOptions } from './run-options.js'

/**
 * Lays the folders of this run over the nodes of a fork, and restarts services that read them, before anybody asks for anything.
 * A service is restarted on those of the nodes that the contract promises it on; one that it promises on none, on all of them.
 * @throws StackrigError CLUSTER_UNKNOWN, USAGE, COMMAND_FAILED
 */
export async function layOverlays(
  cluster: Cluster,
  { overlays, restart }: Pick<RunOptions, 'overlays' | 'restart'>,
): Promise<void> {
  const changed = new Set<RunningNode>()
  for (const { node: name, folder } of overlays) {
    const node = cluster.node(name)
    const copied = await new LayOver(node, folder, '/').copy()
    if (copied.length > 0) changed.add(node)
  }
  const nodes = [...changed]
  await Promise.all(
    nodes.map(async (node) => {
      const own = restart.filter(
        (service) => promises(node, service) || !nodes.some((one) => promises(one, service)),
      )
      if (own.length > 0) await node.restartServices(...own)
    }),
  )
}

const promises = ({ contract, plan }: RunningNode, service: string): boolean =>
  contract.roles[plan.role]?.services.includes(service) ?? false
