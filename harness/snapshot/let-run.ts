import type { Cluster, RunningNode } from '../cluster/index.js'
import { reached } from '../log.js'

interface LetRunOptions {
  /** What the clocks of the nodes show. */
  made: Date
  /** Resolves when the node's shell answers. */
  answer: (node: RunningNode) => Promise<void>
  /** Default: all nodes run. */
  runs?: (node: RunningNode) => boolean
  signal?: AbortSignal | undefined
}

/** Lets the nodes of a fork, which were loaded and stand still, go on together; resolves when their shells answer. */
export async function letRun<Name extends string>(
  cluster: Cluster<Name>,
  { made, answer, runs = () => true, signal }: LetRunOptions,
): Promise<Cluster<Name>> {
  const running = cluster.nodes.filter(runs)
  try {
    await Promise.all(running.map((node) => node.machine.resume()))
    reached(cluster.topology.name, 'its nodes run')
    // Their clocks go on from the snapshot.
    cluster.clockBehind = Date.now() - made.getTime()
    await Promise.all(
      running.map(async (node) => {
        await answer(node)
        reached(node.name, 'its shell answers')
      }),
    )
    signal?.throwIfAborted()
    return cluster
  } catch (error) {
    await cluster.close()
    throw error
  }
}
