import { existsSync } from 'node:fs'
import { readFile, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { cacheFolder } from '../paths.js'
import type { Accelerator } from '../qemu/index.js'
import type { Images } from './launch.js'
import type { Topology } from './topology.js'

/** What is written down beside a snapshot's files. */
export interface Snapshot {
  /** From the start until the cluster was proved ready, ms; for a stage, until it was reached. */
  took: number
  /** The time that the nodes' clocks showed when they were stopped to be saved. */
  made: Date
}

/** A booted, provisioned, proved-ready cluster on disk. */
export interface Golden<Name extends string = string> extends Snapshot {
  topology: Topology<Name>
  key: string
  folder: string
  accelerator: Accelerator
  images: Images
}

/** A snapshot that may not be there yet. */
export type Place<Name extends string = string> = Omit<Golden<Name>, keyof Snapshot>

export const goldenRoot = (): string => join(cacheFolder(), 'golden')

/** The names of a node's files in the folder of a golden snapshot. */
export const goldenFiles = (
  folder: string,
  node: string,
): { memory: string; state: string; disk: string } => ({
  memory: join(folder, `${node}.memory`),
  state: join(folder, `${node}.state`),
  disk: join(folder, `${node}.disk.qcow2`),
})

const noteOf = (folder: string): string => join(folder, 'golden.json')

/** Keeps a snapshot from being pruned for a while. */
export async function markUsed(folder: string): Promise<void> {
  await utimes(noteOf(folder), new Date(), new Date())
}

/** What is known of a snapshot on disk; undefined when there is none. Looking marks it as used. */
export async function readSnapshot(folder: string): Promise<Snapshot | undefined> {
  const note = noteOf(folder)
  if (!existsSync(note)) return undefined
  await markUsed(folder)
  const { took, made } = JSON.parse(await readFile(note, 'utf8')) as { took: number; made: string }
  return { took, made: new Date(made) }
}

/** Says in a snapshot's folder what it is. */
export async function noteSnapshot(
  folder: string,
  { topology, key }: Place,
  { took, made }: Snapshot,
): Promise<void> {
  const note = { topology: topology.name, key, took, made: made.toISOString() }
  await writeFile(noteOf(folder), JSON.stringify(note, null, 2))
}
