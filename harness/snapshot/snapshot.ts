import { existsSync } from 'node:fs'
import { readFile, utimes, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { MachineOptions, Topology } from '../cluster/index.js'
import { cacheFolder } from '../paths.js'

/** Tells snapshots apart: a digest of everything that makes one what it is (key.ts). */
export type SnapshotKey = string

/** What is written down beside a snapshot's files. */
export interface SnapshotInfo {
  /** Name of the topology. */
  topology: string
  key: SnapshotKey
  /** From the start until the cluster was proved ready, ms; for a stage, until it was reached. */
  took: number
  /** The time that the nodes' clocks showed when they were stopped to be saved. */
  made: Date
}

/** A golden snapshot: a booted, provisioned, proved-ready cluster on disk, and all that a fork of it needs. */
export interface Snapshot<Name extends string = string>
  extends MachineOptions, Omit<SnapshotInfo, 'topology'> {
  topology: Topology<Name>
  folder: string
}

/** Where golden snapshots are kept. */
export const snapshotRoot = (): string => join(cacheFolder(), 'golden')

/** The lock that its maker, or whoever removes it, holds. It is never removed, so it lies apart. */
export const snapshotLock = (folder: string): string =>
  join(cacheFolder(), 'locks', `${basename(folder)}.lock`)

/** Paths of a node's files in the folder of a snapshot. */
export const snapshotFiles = (
  folder: string,
  node: string,
): { memory: string; state: string; disk: string } => ({
  memory: join(folder, `${node}.memory`),
  state: join(folder, `${node}.state`),
  disk: join(folder, `${node}.disk.qcow2`),
})

/** The file that says what a folder holds; its time says when the snapshot was last used. */
export const infoFile = (folder: string): string => join(folder, 'golden.json')

/** Keeps a snapshot from being pruned for a while. */
export async function markUsed(folder: string): Promise<void> {
  await utimes(infoFile(folder), new Date(), new Date())
}

/** What is known of a snapshot on disk; undefined when there is none. Looking marks it as used. */
export async function readInfo(folder: string): Promise<SnapshotInfo | undefined> {
  const file = infoFile(folder)
  if (!existsSync(file)) return undefined
  await markUsed(folder)
  const info = JSON.parse(await readFile(file, 'utf8')) as SnapshotInfo & { made: string }
  return { ...info, made: new Date(info.made) }
}

/** Says in a snapshot's folder what it is. */
export async function writeInfo(folder: string, info: SnapshotInfo): Promise<void> {
  await writeFile(infoFile(folder), JSON.stringify(info, null, 2))
}
