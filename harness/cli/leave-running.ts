import { styleText } from 'node:util'
import type { Cluster } from '../cluster/index.js'
import { humanDuration } from '../duration.js'
import { StackrigError } from '../errors/index.js'
import { readPublished } from '../sandbox/index.js'
import { described, keptCluster, keptClusters } from './kept-clusters.js'
import { describePort } from './publish-ports.js'

interface LeaveOptions {
  /** Of the cluster, for the other commands. */
  name: string
  /** From the request for it to its answer, ms. */
  took: number
  json?: boolean | undefined
  /** What it is, when its name does not say. */
  what?: string
}

/** @throws StackrigError USAGE when a running cluster has this name. */
export async function requireFreeName(name: string): Promise<void> {
  if (!(await keptClusters()).some((cluster) => cluster.name === name)) return
  throw new StackrigError('USAGE', `a cluster "${name}" is already running`, {
    next: `npx stackrig down ${name}, or give this one another --name`,
  })
}

/** Lets a cluster outlive this process, says how to enter it, and ends the process. */
export async function leaveRunning(
  cluster: Cluster,
  { name, took, json, what }: LeaveOptions,
): Promise<never> {
  await cluster.keep(name)
  const kept = await keptCluster(name)
  const { nodes } = kept.topology
  if (json) process.stdout.write(`${JSON.stringify(described(kept), null, 2)}\n`)
  else {
    if (what !== undefined) process.stdout.write(`${what}\n`)
    process.stdout.write(`${styleText('bold', name)} is up after ${humanDuration(took)}\n`)
    for (const node of nodes) process.stdout.write(`  ${node.name.padEnd(12)} ${node.address}\n`)
    for (const port of readPublished(kept.folder))
      process.stdout.write(`  ${describePort(kept.topology, port)}\n`)
    process.stdout.write(`npx stackrig shell ${nodes[0]?.name ?? 'NODE'}\n`)
    process.stdout.write(`npx stackrig down ${name}\n`)
  }
  // The nodes' processes, which it has started, would keep this one alive.
  process.exit(0)
}
