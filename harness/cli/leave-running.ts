import { styleText } from 'node:util'
import type { Cluster, RunningNode } from '../cluster/index.js'
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
  const states = new Map(cluster.nodes.map((node) => [node.name, stateOf(node)]))
  await cluster.keep(name)
  const kept = await keptCluster(name)
  const { nodes } = kept.topology
  if (json) process.stdout.write(`${JSON.stringify(described(kept), null, 2)}\n`)
  else {
    if (what !== undefined) process.stdout.write(`${what}\n`)
    process.stdout.write(`${styleText('bold', name)} is up after ${humanDuration(took)}\n`)
    for (const node of nodes)
      process.stdout.write(`  ${node.name.padEnd(12)} ${node.address}${states.get(node.name) ?? ''}\n`)
    for (const port of readPublished(kept.folder))
      process.stdout.write(`  ${describePort(kept.topology, port)}\n`)
    const first = nodes.find((node) => states.get(node.name) === '') ?? nodes[0]
    process.stdout.write(`npx stackrig shell ${first?.name ?? 'NODE'}\n`)
    process.stdout.write(`npx stackrig down ${name}\n`)
  }
  // The nodes' processes, which it has started, would keep this one alive.
  process.exit(0)
}

/** What a node is that is not simply on: the cluster is a moment, in which one may have been off. */
function stateOf({ name, isOn, isBooting }: RunningNode): string {
  if (isBooting) return `  boots, and has no shell: npx stackrig console ${name}`
  return isOn ? '' : '  off'
}
