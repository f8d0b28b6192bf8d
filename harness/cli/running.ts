import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { Cluster } from '../cluster/index.js'
import { StackrigError } from '../errors/index.js'
import { replaceFile } from '../replace-file.js'
import { runFolders, Sandbox } from '../sandbox/index.js'

const noteSchema = z.strictObject({
  name: z.string(),
  topology: z.string(),
  folder: z.string(),
  pid: z.number(),
  started: z.string(),
  nodes: z.array(z.strictObject({ name: z.string(), address: z.string(), console: z.string() })),
})

/** A cluster that `stackrig up` left running. */
export type RunningCluster = z.infer<typeof noteSchema>

/** Below the folder of its sandbox: it goes when that goes. */
const noteFile = 'up.json'

/** Notes that a cluster runs on without the process that started it. */
export function noteRunning(name: string, cluster: Cluster): RunningCluster {
  const { folder, pid } = cluster.sandbox
  const note: RunningCluster = {
    name,
    topology: cluster.topology.name,
    folder,
    pid,
    started: new Date().toISOString(),
    nodes: cluster.nodes.map((node) => ({
      name: node.name,
      address: node.plan.address,
      console: node.consoleLog,
    })),
  }
  replaceFile(join(folder, noteFile), JSON.stringify(note, null, 2))
  return note
}

/** The clusters that `up` left running and that still do, the oldest first. */
export async function listRunning(): Promise<RunningCluster[]> {
  const found = await Promise.all((await runFolders()).map(readNote))
  return found.flat().sort((a, b) => a.started.localeCompare(b.started))
}

async function readNote(folder: string): Promise<RunningCluster[]> {
  const text = await readFile(join(folder, noteFile), 'utf8').catch(() => undefined)
  if (text === undefined) return []
  const note = parseNote(text)
  if (note === undefined) {
    // Another version's, or half of one: the other clusters are none the worse for it.
    process.stderr.write(`passed over: ${join(folder, noteFile)} is not of this version\n`)
    return []
  }
  // Whatever the note says: the cluster is the one that lives where the note lies.
  return Sandbox.attach(folder).then(
    (sandbox) => {
      sandbox.detach()
      return [{ ...note, folder, pid: sandbox.pid }]
    },
    () => [],
  )
}

/** What a note of `up` says; undefined when it is not of this version. */
export function parseNote(text: string): RunningCluster | undefined {
  try {
    return noteSchema.parse(JSON.parse(text))
  } catch {
    return undefined
  }
}

/**
 * The running cluster of that name, or the only one there is.
 * @throws StackrigError CLUSTER_UNKNOWN
 */
export async function findRunning(name?: string): Promise<RunningCluster> {
  const running = await listRunning()
  const names = running.map((cluster) => cluster.name).join(', ')
  const found =
    name === undefined && running.length === 1 ? running[0] : running.find((cluster) => cluster.name === name)
  if (found) return found
  throw new StackrigError(
    'CLUSTER_UNKNOWN',
    name ? `no cluster "${name}" is running` : 'one running cluster must be named',
    {
      seen: names ? `running: ${names}` : 'none is running',
      next: names ? 'name one of these; npx stackrig ps lists their nodes' : 'npx stackrig up',
    },
  )
}

/** The node of that name. @throws StackrigError CLUSTER_UNKNOWN */
export function findNode(cluster: RunningCluster, name: string): RunningCluster['nodes'][number] {
  const node = cluster.nodes.find((candidate) => candidate.name === name)
  if (node) return node
  throw new StackrigError('CLUSTER_UNKNOWN', `cluster ${cluster.name} has no node "${name}"`, {
    seen: `its nodes: ${cluster.nodes.map((candidate) => candidate.name).join(', ')}`,
  })
}
