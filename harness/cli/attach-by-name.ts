import { attachCluster, type Cluster, type RunningNode } from '../cluster/index.js'
import { StackrigError } from '../errors/index.js'
import { makeFaults } from '../faults/index.js'
import { makeSaver } from '../snapshot/index.js'
import { keptCluster } from './kept-clusters.js'

/** The running cluster of that name, or the only one, attached to. @throws StackrigError CLUSTER_UNKNOWN, NODE_HELD */
export async function attachByName(name?: string): Promise<Cluster> {
  return attachCluster((await keptCluster(name)).folder, { makeFaults, makeSaver })
}

/** The node of that name. @throws StackrigError CLUSTER_UNKNOWN */
export function namedNode({ nodes, topology }: Cluster, name: string): RunningNode {
  const node = nodes.find((candidate) => candidate.name === name)
  if (node) return node
  throw new StackrigError('CLUSTER_UNKNOWN', `cluster ${topology.name} has no node "${name}"`, {
    seen: `its nodes: ${nodes.map((candidate) => candidate.name).join(', ')}`,
  })
}
