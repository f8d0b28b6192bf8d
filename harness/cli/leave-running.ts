import { styleText } from 'node:util'
import type { Cluster } from '../cluster/index.js'
import { humanDuration } from '../duration.js'
import { StackrigError } from '../errors/index.js'
import { listRunning, noteRunning } from './running.js'

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
  if (!(await listRunning()).some((cluster) => cluster.name === name)) return
  throw new StackrigError('USAGE', `a cluster "${name}" is already running`, {
    next: `npx stackrig down ${name}, or give this one another --name`,
  })
}

/** Lets a cluster outlive this process, says how to enter it, and ends the process. */
export async function leaveRunning(
  cluster: Cluster,
  { name, took, json, what }: LeaveOptions,
): Promise<never> {
  // In this order: a note of a sandbox that is not kept goes with it.
  const note = noteRunning(name, cluster)
  await cluster.sandbox.keep()
  if (json) process.stdout.write(`${JSON.stringify(note, null, 2)}\n`)
  else {
    if (what !== undefined) process.stdout.write(`${what}\n`)
    process.stdout.write(`${styleText('bold', name)} is up after ${humanDuration(took)}\n`)
    for (const node of note.nodes) process.stdout.write(`  ${node.name.padEnd(12)} ${node.address}\n`)
    process.stdout.write(`npx stackrig shell ${note.nodes[0]?.name ?? 'NODE'}\n`)
    process.stdout.write(`npx stackrig down ${name}\n`)
  }
  // Open streams to the nodes would keep this process alive.
  process.exit(0)
}
