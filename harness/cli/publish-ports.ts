import { InvalidArgumentError } from 'commander'
import { hostNames, type Topology, type TopologyNode } from '../cluster/index.js'
import { StackrigError } from '../errors/index.js'
import type { PublishedPort } from '../sandbox/index.js'

/** A port of this machine that is to lead to a node; without a host it leads to the controller, or the first node. */
export interface WantedPort {
  wanted: number
  host?: string
  port: number
}

/** `8080`, `controller:8080`, `8081:controller:8080`, several with commas; collects what the option is given several times. */
export function portOption(text: string, before: readonly WantedPort[] = []): WantedPort[] {
  return [...before, ...text.split(',').map(parsePort)]
}

function parsePort(text: string): WantedPort {
  const words = text.split(':')
  const port = portNumber(words.pop())
  const host = words.pop()
  const wanted = words.length > 0 ? portNumber(words.pop()) : port
  if (port === undefined || wanted === undefined || host === '' || words.length > 0)
    throw new InvalidArgumentError('8080, NODE:8080 or 8081:NODE:8080 is wanted')
  return { wanted, port, ...(host !== undefined && { host }) }
}

function portNumber(text: string | undefined): number | undefined {
  const number = Number(text)
  return /^\d+$/.test(text ?? '') && number > 0 && number < 65536 ? number : undefined
}

/** The same with addresses of nodes. @throws StackrigError CLUSTER_UNKNOWN when no node has that name. */
export function portsOf(topology: Topology, wanted: readonly WantedPort[]): Omit<PublishedPort, 'at'>[] {
  return wanted.map(({ host, ...ports }) => ({ ...ports, host: nodeOf(topology, host).address }))
}

function nodeOf(topology: Topology, host: string | undefined): TopologyNode {
  const { nodes } = topology
  const named = (name: string): TopologyNode | undefined =>
    nodes.find((node) => node.address === name || hostNames(topology, node).includes(name))
  const found = host === undefined ? (named('controller') ?? nodes[0]) : named(host)
  if (found) return found
  throw new StackrigError('CLUSTER_UNKNOWN', `topology ${topology.name} must have the node "${host ?? ''}"`, {
    seen: `its nodes: ${nodes.map(({ name }) => name).join(', ')}`,
  })
}

/** `127.0.0.1:8081 -> one:8080 (8080 was in use)`, for people. */
export function describePort({ nodes }: Topology, { wanted, host, port, at }: PublishedPort): string {
  const node = nodes.find(({ address }) => address === host)?.name ?? host
  return `127.0.0.1:${at} -> ${node}:${port}${at === wanted ? '' : ` (${wanted} was not free)`}`
}
