import { controllerOf } from './roles.js'
import type { Topology, TopologyNode } from './topology.js'

/**
 * The names by which other nodes and the API clients find a node: its host name, its name in the topology, and
 * `controller` for the one that is it, since catalogues and configuration files are written when an image is built.
 */
export function hostNames(topology: Pick<Topology, 'nodes'>, node: TopologyNode): readonly string[] {
  const { nodes } = topology
  const taken = nodes.some(({ name, hostName }) => [name, hostName].includes('controller'))
  const also = !taken && controllerOf(topology)?.name === node.name ? ['controller'] : []
  return [...new Set([node.hostName, node.name, ...also])]
}

/** The address of the node that has one of these names; whatever is no such name is an address already. */
export function addressOf(topology: Pick<Topology, 'nodes'>, host: string): string {
  return topology.nodes.find((node) => hostNames(topology, node).includes(host))?.address ?? host
}

/**
 * A text of /etc/hosts by which a program of this machine finds the nodes, and all else as before (hosts(5)): the nodes come first,
 * and what was there says nothing of their names.
 */
export function hostsBeside(topology: Pick<Topology, 'nodes'>, before: string): string {
  const named = topology.nodes.map((node) => [node.address, ...hostNames(topology, node)])
  const taken = new Set(named.flat())
  const kept = before.split('\n').flatMap((line) => {
    const [words = ''] = line.split('#')
    const [address = '', ...names] = words.split(/\s+/).filter(Boolean)
    if (!names.some((name) => taken.has(name))) return [line]
    const left = names.filter((name) => !taken.has(name))
    return left.length > 0 ? [[address, ...left].join(' ')] : []
  })
  return [...named.map((words) => words.join(' ')), ...kept].join('\n')
}
