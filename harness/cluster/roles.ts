import type { NodePlan } from './topology.js'

const allInOne = ['controller', 'compute', 'network']

/** The roles that a node plays: its own, or all that a cloud has. */
export const rolesOf = ({ role }: Pick<NodePlan, 'role'>): readonly string[] =>
  role === 'all-in-one' ? allInOne : [role]

/** Whether a node does the work of a role. */
export const playsRole = (node: Pick<NodePlan, 'role'>, role: string): boolean => rolesOf(node).includes(role)

/** The names that find a node: its own, and those of the nodes that an all-in-one stands for. */
export const namesOf = (node: Pick<NodePlan, 'role'> & { name: string }): readonly string[] => [
  ...new Set([node.name, ...(node.role === 'all-in-one' ? allInOne : [])]),
]

/** The node that others are pointed at: the first that does a controller's work. */
export const controllerOf = <Node extends Pick<NodePlan, 'role'>>({
  nodes,
}: {
  nodes: readonly Node[]
}): Node | undefined => nodes.find((node) => playsRole(node, 'controller'))
