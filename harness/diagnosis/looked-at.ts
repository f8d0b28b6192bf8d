import type { Socket } from 'node:net'
import type { Origin, Topology, TopologyNode } from '../cluster/index.js'
import type { CommandResult, RunOptions } from '../guest/index.js'

/** A node as the diagnosis looks at it: a `RunningNode`, or one of a cluster that another process left running. */
export interface NodeLookedAt {
  readonly name: string
  readonly plan: TopologyNode
  readonly isOn: boolean
  execute(command: string, options?: RunOptions): Promise<CommandResult>
}

/** A cluster as the diagnosis looks at it. */
export interface ClusterLookedAt {
  readonly topology: Topology
  readonly nodes: readonly NodeLookedAt[]
  readonly signal: AbortSignal
  /** How far the clocks of the nodes are behind the host's, ms. */
  readonly clockBehind: number
  /** Undefined for one that was booted. */
  readonly origin?: Origin | undefined
  dial(host: string, port: number): Promise<Socket>
}
