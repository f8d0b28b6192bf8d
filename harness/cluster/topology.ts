import ipaddr from 'ipaddr.js'
import type { Contract, Passwords } from '../contract/index.js'
import { StackrigError } from '../errors/index.js'
import { bridgeMac } from '../sandbox/index.js'
import { playsRole } from './roles.js'

/** One node as its author describes it. */
export interface NodePlan {
  /** Name of an image in `images.lock`. */
  image: string
  role: string
  /** IPv4 address in the topology's network. */
  address: string
  /** Default: the name the node has in the topology. */
  hostName?: string
  /** Default: 52:54:00 and the last three bytes of the address. */
  mac?: string
  /** MiB; default: what the image asks for. */
  memoryMiB?: number
  /** Default: what the image asks for. */
  cpus?: number
}

export interface TopologyPlan<Name extends string> {
  name: string
  contract: Contract
  /** CIDR; default 192.168.7.0/24. */
  network?: string
  /** Address of the bridge; default the network's first. */
  gateway?: string
  /** Default: those of the images. Letters, digits and `_-.+@:=/`, for they are written into files of many kinds. */
  passwords?: Partial<Passwords>
  nodes: Record<Name, NodePlan>
}

export interface TopologyNode extends NodePlan {
  name: string
  hostName: string
  mac: string
}

/** Which nodes there are, and how they are linked. Checked: whatever has this type can be booted. */
export interface Topology<Name extends string = string> {
  name: string
  contract: Contract
  network: string
  gateway: string
  /** Only when they are others than those of the images. */
  passwords?: Partial<Passwords>
  nodes: readonly (TopologyNode & { name: Name })[]
}

/** The passwords of a topology's cloud. */
export const passwordsOf = ({ contract, passwords }: Topology): Passwords => ({
  admin: contract.cloud?.credentials.password ?? '',
  service: '',
  ...contract.passwords,
  ...passwords,
})

/** A text for people without the passwords that a topology has of its own; those of the images are known. */
export function withoutPasswords({ passwords = {} }: Topology, text: string): string {
  return Object.values(passwords).reduce((left, password) => left.replaceAll(password, '***'), text)
}

// Its sockets are called after it, and run-folder.ts leaves them 40 characters.
const longestNodeName = 32
const hostNamePattern = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/

/**
 * Checks a topology and fills in its defaults.
 * @throws StackrigError TOPOLOGY_INVALID naming the nodes that collide, before anything is started.
 */
export function defineTopology<Name extends string>(plan: TopologyPlan<Name>): Topology<Name> {
  const network = plan.network ?? '192.168.7.0/24'
  if (!ipaddr.IPv4.isValidCIDR(network))
    refuse(plan.name, `network "${network}" is no IPv4 network in CIDR form`)
  if (!hostNamePattern.test(plan.name))
    refuse(plan.name, 'its name is wanted in lower case letters, digits and dashes')
  const gateway = plan.gateway ?? firstAddress(network)
  if (!isHostAddress(gateway, network))
    refuse(plan.name, `the gateway "${gateway}" is no address for a host of ${network}`)
  const nodes = (Object.entries<NodePlan>(plan.nodes) as [Name, NodePlan][]).map(([name, node]) => ({
    ...node,
    name,
    hostName: node.hostName ?? name,
    mac: (node.mac ?? defaultMac(plan.name, name, node.address)).toLowerCase(),
  }))
  if (nodes.length === 0) refuse(plan.name, 'it has no nodes')
  for (const node of nodes) checkNode(plan, node, network)
  unique(plan.name, 'address', [
    { name: 'the gateway', value: gateway },
    ...nodes.map((n) => ({ name: n.name, value: n.address })),
  ])
  unique(plan.name, 'MAC', [
    { name: 'the bridge', value: bridgeMac },
    ...nodes.map((n) => ({ name: n.name, value: n.mac })),
  ])
  unique(
    plan.name,
    'host name',
    nodes.flatMap(({ name, hostName }) => [...new Set([name, hostName])].map((value) => ({ name, value }))),
  )
  const { name, contract, passwords } = plan
  if (passwords) checkPasswords(plan, nodes, passwords)
  return { name, contract, network, gateway, ...(passwords && { passwords }), nodes }
}

/**
 * The topology with one more node.
 * @throws StackrigError TOPOLOGY_INVALID as `defineTopology`.
 */
export function withNode<Name extends string>(
  topology: Topology<Name>,
  name: string,
  node: NodePlan,
): Topology<Name> {
  unique(topology.name, 'name', [
    ...topology.nodes.map((present) => ({ name: present.name, value: present.name })),
    { name: 'the node that joins', value: name },
  ])
  const present = topology.nodes.map((other): [string, NodePlan] => [other.name, other])
  const nodes = Object.fromEntries<NodePlan>([...present, [name, node]])
  // Whoever asks for nodes by their type asks for those of the topology; the one that joined is in the caller's hand.
  return defineTopology<string>({ ...topology, nodes }) as Topology<Name>
}

function checkPasswords(
  { name, contract }: TopologyPlan<string>,
  nodes: NodePlan[],
  passwords: Partial<Passwords>,
): void {
  if (!contract.passwords) refuse(name, `it has passwords, which contract ${contract.name} cannot change`)
  if (!nodes.some((node) => playsRole(node, 'controller')))
    refuse(name, 'it has passwords, and no node with the role controller to give them to')
  for (const [whose, password] of Object.entries(passwords)) {
    if (!/^[\w.+@:=/-]{1,72}$/.test(password))
      refuse(name, `the password "${whose}" must be of 1 to 72 letters, digits and _-.+@:=/`)
  }
}

function checkNode(plan: TopologyPlan<string>, node: TopologyNode, network: string): void {
  if (!hostNamePattern.test(node.name) || !hostNamePattern.test(node.hostName)) {
    refuse(
      plan.name,
      `node "${node.name}" has the host name "${node.hostName}", which RFC 1123 does not allow`,
    )
  }
  if (node.name.length > longestNodeName) {
    refuse(
      plan.name,
      `node "${node.name}" has a name of ${node.name.length} characters; ${longestNodeName} are the most`,
    )
  }
  if (!/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/.test(node.mac) || parseInt(node.mac.slice(0, 2), 16) & 1) {
    refuse(
      plan.name,
      `node ${node.name} has the MAC "${node.mac}"; six bytes in hex, the first one even, are wanted`,
    )
  }
  if (!isHostAddress(node.address, network)) {
    refuse(
      plan.name,
      `node ${node.name} has the address "${node.address}", which is none for a host of ${network}`,
    )
  }
  for (const key of ['memoryMiB', 'cpus'] as const) {
    const value = node[key]
    if (value !== undefined && !(Number.isInteger(value) && value > 0))
      refuse(plan.name, `node ${node.name} has ${value} ${key}; a whole number above zero is wanted`)
  }
  if (!Object.hasOwn(plan.contract.roles, node.role)) {
    const roles = Object.keys(plan.contract.roles).join(', ')
    refuse(
      plan.name,
      `node ${node.name} has the role "${node.role}"; contract ${plan.contract.name} knows ${roles}`,
    )
  }
}

function unique(topology: string, what: string, entries: { name: string; value: string }[]): void {
  const owners = new Map<string, string>()
  for (const { name, value } of entries) {
    const owner = owners.get(value)
    if (owner !== undefined) refuse(topology, `${owner} and ${name} have the same ${what}, ${value}`)
    owners.set(value, name)
  }
}

/** In the one form that everything reads alike, within the network, and neither the network's own nor its broadcast. */
function isHostAddress(address: string, network: string): boolean {
  if (!ipaddr.IPv4.isValidFourPartDecimal(address)) return false
  const parsed = ipaddr.IPv4.parse(address)
  const ends = [ipaddr.IPv4.networkAddressFromCIDR(network), ipaddr.IPv4.broadcastAddressFromCIDR(network)]
  return (
    parsed.toString() === address &&
    parsed.match(ipaddr.IPv4.parseCIDR(network)) &&
    !ends.some((end) => end.toString() === address)
  )
}

function firstAddress(network: string): string {
  const bytes = ipaddr.IPv4.networkAddressFromCIDR(network).toByteArray()
  return [...bytes.slice(0, 3), (bytes[3] ?? 0) + 1].join('.')
}

function defaultMac(topology: string, name: string, address: string): string {
  if (!ipaddr.IPv4.isValid(address))
    refuse(topology, `node ${name} has the address "${address}", which is no IPv4 address`)
  const bytes = ipaddr.IPv4.parse(address).toByteArray().slice(1)
  return ['52', '54', '00', ...bytes.map((byte) => byte.toString(16).padStart(2, '0'))].join(':')
}

/** The netmask of a network in dotted form. */
export function netmask(network: string): string {
  return ipaddr.IPv4.subnetMaskFromPrefixLength(ipaddr.IPv4.parseCIDR(network)[1]).toString()
}

function refuse(topology: string, seen: string): never {
  throw new StackrigError('TOPOLOGY_INVALID', 'a topology must be one that can be booted', {
    where: `topology ${topology}`,
    seen,
    next: 'mend it in fixtures/topologies/: each node has its own address, MAC and host name',
  })
}
