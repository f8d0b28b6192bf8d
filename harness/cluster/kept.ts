import { open } from 'node:fs/promises'
import { constants } from 'node:fs'
import { join } from 'node:path'
import * as z from 'zod'
import { contractSchema } from '../contract/index.js'
import { StackrigError } from '../errors/index.js'
import { plainImageSchema } from '../images/index.js'
import { logger } from '../log.js'
import { replaceFile } from '../replace-file.js'
import { runFolders, Sandbox, withPrivateFiles } from '../sandbox/index.js'
import { defineTopology, type NodePlan, type Topology } from './topology.js'

const log = logger('cluster')

/** A node as it is written down. */
export const topologyNodeSchema = z.strictObject({
  name: z.string(),
  image: z.string(),
  role: z.string(),
  address: z.string(),
  hostName: z.string(),
  mac: z.string(),
  memoryMiB: z.number().optional(),
  cpus: z.number().optional(),
})

const topologySchema = z
  .strictObject({
    name: z.string(),
    contract: contractSchema,
    network: z.string(),
    gateway: z.string(),
    passwords: z.partialRecord(z.enum(['admin', 'service']), z.string()).optional(),
    nodes: z.array(topologyNodeSchema),
  })
  .transform(({ passwords, nodes, ...topology }): Topology => {
    const plans = nodes.map(({ name, ...plan }) => [name, plan as NodePlan])
    return defineTopology({
      ...topology,
      ...(passwords && { passwords }),
      nodes: Object.fromEntries(plans) as Record<string, NodePlan>,
    })
  })

/** Where its machines are follows from the folder that the record lies in. */
const recordSchema = z.strictObject({
  version: z.literal(1),
  name: z.string(),
  started: z.iso.datetime(),
  accelerator: z.enum(['kvm', 'tcg']),
  launcher: z.enum(['direct', 'runqemu']),
  clockBehind: z.number(),
  topology: topologySchema,
  /** Those that its nodes boot from. */
  images: z.array(plainImageSchema),
  /** Where its consoles are written to, when that is not the folder of the sandbox. */
  logFolder: z.string().optional(),
  /** Of what takes its moments (`MomentSaver.record`). */
  saver: z.unknown().optional(),
})

export type KeptRecord = z.output<typeof recordSchema>

/** A cluster that goes on without the process that started it. */
export interface KeptCluster extends KeptRecord {
  /** That of its sandbox. */
  folder: string
  /** The outermost process of its sandbox, for people. */
  pid: number
}

const recordFile = (folder: string): string => join(folder, 'cluster.json')

/** More than any record has, bytes. */
const longestRecord = 4 * 1024 ** 2

/** Writes down what others must know of a cluster, in its folder: it goes when that goes. Nobody else may read it. */
export function writeRecord(folder: string, record: Omit<KeptRecord, 'version'>): void {
  const text = JSON.stringify({ version: 1, ...record }, null, 2)
  // A cluster that goes on and that nobody can find would never end.
  if (!parseRecord(text)) throw new TypeError('the record of a cluster must be one that can be read')
  withPrivateFiles(() => replaceFile(recordFile(folder), text))
}

/** The clusters that were kept and still run, the oldest first. `passedOver` is told of records that are not of this version. */
export async function listKept(passedOver?: (file: string) => void): Promise<KeptCluster[]> {
  const found = await Promise.all((await runFolders()).map((folder) => readKept(folder, passedOver)))
  return found.flatMap((kept) => kept ?? []).sort((a, b) => a.started.localeCompare(b.started))
}

/** The cluster in a run folder; undefined when none was kept there, or it is gone. */
export async function readKept(
  folder: string,
  passedOver?: (file: string) => void,
): Promise<KeptCluster | undefined> {
  const text = await readRecord(recordFile(folder))
  if (text === undefined) return undefined
  const record = parseRecord(text)
  if (record === undefined) {
    // Another version's, or half of one: the other clusters are none the worse for it.
    passedOver?.(recordFile(folder))
    return undefined
  }
  try {
    const sandbox = await Sandbox.attach(folder)
    sandbox.detach()
    return { ...record, folder, pid: sandbox.pid }
  } catch (error) {
    log('%s: %O', folder, error)
    return undefined
  }
}

/** Undefined when there is none that can be read: a folder may go at any moment. */
async function readRecord(file: string): Promise<string | undefined> {
  try {
    await using handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW)
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(longestRecord), 0, longestRecord, 0)
    return buffer.toString('utf8', 0, bytesRead)
  } catch {
    return undefined
  }
}

/** What a record says; undefined when it is not of this version. */
export function parseRecord(text: string): KeptRecord | undefined {
  try {
    return recordSchema.parse(JSON.parse(text))
  } catch {
    return undefined
  }
}

/**
 * The running cluster of that name, or the only one there is.
 * @throws StackrigError CLUSTER_UNKNOWN
 */
export async function findKept(name?: string, passedOver?: (file: string) => void): Promise<KeptCluster> {
  const running = await listKept(passedOver)
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
