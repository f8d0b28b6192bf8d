import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { Cluster } from '../cluster/index.js'
import { StackrigError } from '../errors.js'
import { runRoot, Sandbox } from '../sandbox/index.js'

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

const notes = (): string => join(runRoot(), 'up')

/** Notes that a cluster runs on without the process that started it. */
export async function noteRunning(name: string, cluster: Cluster): Promise<RunningCluster> {
  const note: RunningCluster = {
    name,
    topology: cluster.topology.name,
    folder: cluster.sandbox.folder,
    pid: cluster.sandbox.pid,
    started: new Date().toISOString(),
    nodes: cluster.nodes.map((node) => ({
      name: node.name,
      address: node.plan.address,
      console: node.consoleLog,
    })),
  }
  await mkdir(notes(), { recursive: true, mode: 0o700 })
  await writeFile(join(notes(), `${name}.json`), JSON.stringify(note, null, 2))
  return note
}

/** The clusters that still run; notes of those that do not are removed. */
export async function listRunning(): Promise<RunningCluster[]> {
  const files = await readdir(notes()).catch(() => [])
  const found = await Promise.all(
    files.map(async (file) => {
      const path = join(notes(), file)
      const note = noteSchema.safeParse(JSON.parse(await readFile(path, 'utf8'))).data
      const alive =
        note &&
        (await Sandbox.join(note.folder, note.pid).then(
          () => true,
          () => false,
        ))
      if (!alive) await rm(path, { force: true })
      return alive ? [note] : []
    }),
  )
  return found.flat()
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
      next: names ? 'name one with --cluster' : 'npx stackrig up',
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
