import type { Socket } from 'node:net'
import { StackrigError } from '../errors.js'
import type { Sandbox } from '../sandbox/index.js'
import type { RunningNode } from './node.js'
import type { Topology } from './topology.js'

/** The running nodes of one topology, in one sandbox. Disposing it ends them all and leaves nothing behind. */
export class Cluster<Name extends string = string> implements AsyncDisposable {
  readonly topology: Topology<Name>
  readonly sandbox: Sandbox
  readonly nodes: readonly RunningNode[]
  /** Aborted, with the reason, as soon as any node cannot go on. */
  readonly signal: AbortSignal
  private readonly stop: () => void

  constructor(
    topology: Topology<Name>,
    sandbox: Sandbox,
    nodes: RunningNode[],
    signal: AbortSignal,
    stop: () => void,
  ) {
    this.topology = topology
    this.sandbox = sandbox
    this.nodes = nodes
    this.signal = signal
    this.stop = stop
  }

  /** @throws StackrigError CLUSTER_UNKNOWN */
  node(name: Name): RunningNode {
    const node = this.nodes.find((candidate) => candidate.name === name)
    if (node) return node
    throw new StackrigError('CLUSTER_UNKNOWN', `there must be a node ${name}`, {
      seen: this.nodes.map((candidate) => candidate.name).join(', '),
    })
  }

  /** A TCP connection from the cluster's network; `host` is a node's name or an address. */
  dial = (host: string, port: number): Promise<Socket> => this.sandbox.dial(host, port)

  async close(): Promise<void> {
    this.stop()
    await this.sandbox.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}
