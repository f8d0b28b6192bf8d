import { existsSync } from 'node:fs'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import * as z from 'zod'
import type { MachineOptions, Topology } from '../cluster/index.js'
import { hostFault, StackrigError } from '../errors/index.js'
import { checkManifest, setAside, usedFile, writeManifest } from '../manifest.js'
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

const infoFile = (folder: string): string => join(folder, 'golden.json')

const infoSchema = z.strictObject({
  topology: z.string(),
  key: z.string(),
  took: z.number(),
  made: z.iso.datetime().transform((text) => new Date(text)),
})

/** Keeps a snapshot from being pruned for a while. */
export async function markUsed(folder: string): Promise<void> {
  await writeFile(join(folder, usedFile), '')
}

/** When a snapshot was last used, ms since 1970; undefined for a folder that is none. */
export async function lastUsed(folder: string): Promise<number | undefined> {
  return (await stat(join(folder, usedFile)).catch(() => undefined))?.mtimeMs
}

/** What a folder holds, and that it is whole: its files are what was written. */
async function inspect(folder: string): Promise<{ info: SnapshotInfo } | { wrong: string }> {
  try {
    const wrong = await checkManifest(folder)
    if (wrong !== undefined) return { wrong }
    const info = parseSnapshotInfo(await readFile(infoFile(folder), 'utf8'))
    return info ? { info } : { wrong: 'golden.json is not of its form' }
  } catch (error) {
    // Whether it is whole is not known then.
    throw hostFault(error, 'a golden snapshot must be read', folder)
  }
}

/** What is written down beside a snapshot; undefined when it is not of its form. */
export function parseSnapshotInfo(text: string): SnapshotInfo | undefined {
  try {
    return infoSchema.parse(JSON.parse(text))
  } catch {
    return undefined
  }
}

/**
 * The snapshot in a folder; undefined when there is none. One that is not whole is set aside, and is none. Looking marks it
 * as used.
 */
export async function findSnapshot(
  folder: string,
  onProgress?: (what: string) => void,
): Promise<SnapshotInfo | undefined> {
  if (!existsSync(folder)) return undefined
  const found = await inspect(folder)
  if ('wrong' in found) {
    const aside = await setAside(folder, found.wrong)
    onProgress?.(`a golden snapshot is not whole (${found.wrong}); it lies in ${aside}`)
    return undefined
  }
  await markUsed(folder)
  return found.info
}

/**
 * Makes sure that a snapshot is there, and whole, before a fork stands on it.
 * @throws StackrigError SNAPSHOT_BROKEN, HOST_FOLDER, HOST_LIMIT
 */
export async function requireWhole(folder: string): Promise<void> {
  const gone = !existsSync(folder)
  const found = gone ? { wrong: 'it is not there any more' } : await inspect(folder)
  if ('info' in found) return markUsed(folder)
  const aside = gone ? undefined : await setAside(folder, found.wrong)
  throw new StackrigError('SNAPSHOT_BROKEN', 'a fork must stand on a golden snapshot that is whole', {
    where: aside ?? folder,
    seen: found.wrong,
    next: 'start again: the snapshot is made anew',
  })
}

/** Notes another key for a snapshot, whose manifest is written afterwards. @throws StackrigError SNAPSHOT_BROKEN */
export async function renameSnapshot(folder: string, key: SnapshotKey): Promise<void> {
  const info = parseSnapshotInfo(await readFile(infoFile(folder), 'utf8'))
  if (!info) {
    throw new StackrigError('SNAPSHOT_BROKEN', 'a golden snapshot must say what it is', {
      where: infoFile(folder),
      seen: 'it is not of its form',
    })
  }
  await writeFile(infoFile(folder), JSON.stringify({ ...info, key }, null, 2))
}

/** Completes the folder of a snapshot: says what it is, and what every file of it is. */
export async function completeSnapshot(folder: string, info: SnapshotInfo): Promise<void> {
  await writeFile(infoFile(folder), JSON.stringify(info, null, 2))
  await writeManifest(folder)
  await markUsed(folder)
}
