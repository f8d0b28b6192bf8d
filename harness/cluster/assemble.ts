import { mkdir } from 'node:fs/promises'
import type { Sandbox } from '../sandbox/index.js'
import { bootNode, newDisk, type Supplies } from './boot-node.js'
import { Cluster } from './cluster.js'
import type { Launched } from './launch.js'
import { RunningNode } from './node.js'
import type { Topology, TopologyNode } from './topology.js'

// For a node that boots while a cluster works: it gets the smaller part of the processors.
const laterBoot = '20min'

/**
 * Makes a cluster out of what `start` makes of each node, all at the same time. When one fails, crashes while others
 * still start, or the signal says so, everything that was started is ended before the first failure is thrown.
 *
 * `stop` tells the nodes that still start that the cluster is given up: a wait of theirs would keep the process alive.
 */
export async function assemble<Name extends string>(
  topology: Topology<Name>,
  sandbox: Sandbox,
  supplies: Supplies,
  signal: AbortSignal | undefined,
  start: (node: TopologyNode, stop: AbortSignal) => Promise<Launched>,
): Promise<Cluster<Name>> {
  const stop = new AbortController()
  const failed = new AbortController()
  // One of its own: the caller's signal outlives many clusters, and would keep a listener for each.
  const end = AbortSignal.any([failed.signal, ...(signal ? [signal] : [])])
  const watched = async (starting: Promise<Launched>): Promise<Launched> => {
    const launched = await starting
    whenAborted(launched.signal, (reason) => failed.abort(reason))
    return launched
  }
  const running = async (
    of: Topology,
    node: TopologyNode,
    first: Promise<Launched>,
  ): Promise<RunningNode> => {
    const boot = (): Promise<Launched> =>
      watched(bootNode(of, node, sandbox, supplies, laterBoot, stop.signal))
    return new RunningNode(node, of.contract, await watched(first), sandbox, failed.signal, boot)
  }
  /** Boots a node that comes later, from its image. */
  const join = async (of: Topology, node: TopologyNode): Promise<RunningNode> => {
    const index = of.nodes.indexOf(node)
    await newDisk(supplies, node)
    await sandbox.addTap({ name: node.hostName, address: node.address }, index)
    try {
      return await running(of, node, bootNode(of, node, sandbox, supplies, laterBoot, stop.signal))
    } catch (error) {
      await sandbox.removeTap(index)
      throw error
    }
  }
  try {
    await mkdir(supplies.logFolder, { recursive: true })
    const starts = topology.nodes.map((node) => running(topology, node, start(node, stop.signal)))
    const nodes = await Promise.race([Promise.all(starts), rejection(end)])
    return new Cluster(topology, sandbox, nodes, failed.signal, { join, stop: () => stop.abort() })
  } catch (error) {
    stop.abort(error)
    await sandbox.close()
    throw error
  }
}

function whenAborted(signal: AbortSignal, then: (reason: unknown) => void): void {
  if (signal.aborted) then(signal.reason)
  else signal.addEventListener('abort', () => then(signal.reason), { once: true })
}

function rejection(signal: AbortSignal): Promise<never> {
  const promise = new Promise<never>((_, reject) => whenAborted(signal, reject))
  // It may come after the race was won.
  promise.catch(() => undefined)
  return promise
}
