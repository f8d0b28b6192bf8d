import type { Sandbox } from '../sandbox/index.js'
import { Cluster } from './cluster.js'
import type { Launched } from './launch.js'
import { RunningNode } from './node.js'
import type { Topology, TopologyNode } from './topology.js'

/**
 * Makes a cluster out of what `start` makes of each node, all at the same time. When one fails, crashes while others
 * still start, or the signal says so, everything that was started is ended before the first failure is thrown.
 *
 * `stop` tells the nodes that still start that the cluster is given up: a wait of theirs would keep the process alive.
 */
export async function assemble<Name extends string>(
  topology: Topology<Name>,
  sandbox: Sandbox,
  signal: AbortSignal | undefined,
  start: (node: TopologyNode, stop: AbortSignal) => Promise<Launched>,
): Promise<Cluster<Name>> {
  const stop = new AbortController()
  const failed = new AbortController()
  // One of its own: the caller's signal outlives many clusters, and would keep a listener for each.
  const end = AbortSignal.any([failed.signal, ...(signal ? [signal] : [])])
  try {
    const starts = topology.nodes.map(async (node) => {
      const { machine, shell, signal: own } = await start(node, stop.signal)
      whenAborted(own, (reason) => failed.abort(reason))
      return new RunningNode(node, machine, shell, sandbox, failed.signal)
    })
    const nodes = await Promise.race([Promise.all(starts), rejection(end)])
    return new Cluster(topology, sandbox, nodes, failed.signal, () => stop.abort())
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
