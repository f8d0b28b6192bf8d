import type { Socket } from 'node:net'
import { StackrigError } from '../errors/index.js'
import type { Sandbox } from '../sandbox/index.js'
import { addressOf } from './host-names.js'
import type { RunningNode } from './node.js'
import { namesOf } from './roles.js'
import { withNode, type NodePlan, type Topology, type TopologyNode } from './topology.js'

interface Ways {
  join: (topology: Topology, node: TopologyNode) => Promise<RunningNode>
  stop: () => void
}

/** The running nodes of one topology, in one sandbox. Disposing it ends them all and leaves nothing behind. */
export class Cluster<Name extends string = string> implements AsyncDisposable {
  readonly sandbox: Sandbox
  /** Aborted, with the reason, as soon as any node cannot go on. */
  readonly signal: AbortSignal
  private members: { topology: Topology<Name>; nodes: readonly RunningNode[] }
  private readonly ways: Ways
  /** The last join: each needs the topology that the one before it made. */
  private joining: Promise<unknown> = Promise.resolve()

  constructor(
    topology: Topology<Name>,
    sandbox: Sandbox,
    nodes: readonly RunningNode[],
    signal: AbortSignal,
    ways: Ways,
  ) {
    this.members = { topology, nodes }
    this.sandbox = sandbox
    this.signal = signal
    this.ways = ways
  }

  get topology(): Topology<Name> {
    return this.members.topology
  }

  get nodes(): readonly RunningNode[] {
    return this.members.nodes
  }

  /** By its name; an all-in-one also by the names of the nodes it stands for. @throws StackrigError CLUSTER_UNKNOWN */
  node(name: Name): RunningNode {
    const node = this.nodes.find(({ plan }) => namesOf(plan).includes(name))
    if (node) return node
    throw new StackrigError('CLUSTER_UNKNOWN', `there must be a node ${name}`, {
      seen: this.nodes.map((candidate) => candidate.name).join(', '),
    })
  }

  /**
   * Plugs one more node in and boots it from an image of the topology, as that image was shipped: `provision` then tells
   * it, and all others, who is who. Of several, each begins when the one before has ended.
   * @throws StackrigError TOPOLOGY_INVALID or IMAGE_MISSING before anything is started, and those of `bootNode`.
   */
  addNode(name: string, plan: NodePlan): Promise<RunningNode> {
    const joined = this.joining.then(() => this.joinNext(name, plan))
    this.joining = joined.catch(() => undefined)
    return joined
  }

  private async joinNext(name: string, plan: NodePlan): Promise<RunningNode> {
    const topology = withNode(this.topology, name, plan)
    const node = topology.nodes.find((candidate) => candidate.name === name)
    if (!node) throw new TypeError(`withNode gave no ${name}`)
    const joined = await this.ways.join(topology, node)
    this.members = { topology, nodes: [...this.nodes, joined] }
    return joined
  }

  /** A TCP connection from the cluster's network; `host` is a node's name, its host name, or an address. */
  dial = (host: string, port: number): Promise<Socket> =>
    this.sandbox.dial(addressOf(this.topology, host), port)

  async close(): Promise<void> {
    this.ways.stop()
    await this.sandbox.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}
