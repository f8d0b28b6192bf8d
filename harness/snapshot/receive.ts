import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { StackrigError } from '../errors/index.js'
import { lockFile } from '../file-lock.js'
import type { Image } from '../images/index.js'
import { makeFolder } from '../make-folder.js'
import { checkManifest, manifestDigest, publish } from '../manifest.js'
import { settings } from '../settings.js'
import type { KeepOptions } from './keep.js'
import { onDisk } from './on-disk.js'
import { pruneSnapshots, removeAbandoned, unfinishedFolder } from './prune.js'
import { reserveMemory } from './reserve-memory.js'
import {
  findSnapshot,
  markUsed,
  snapshotFiles,
  snapshotLock,
  snapshotRoot,
  type SnapshotKey,
} from './snapshot.js'
import { settle } from './travelled.js'

/** A golden snapshot that was made elsewhere. */
export interface ArrivingSnapshot {
  /** Where it is to lie, and its key, here. */
  folder: string
  key: SnapshotKey
  /** Of its manifest, as it was sent. */
  manifest: string
  /** What tells it from every other (`snapshotIdentity`). */
  identity: string
  /** Those of its nodes, by the names of the nodes. */
  images: ReadonlyMap<string, Image>
  /** Writes its files, the manifest among them, into a folder. */
  fill: (folder: string) => Promise<void>
}

/**
 * Puts a golden snapshot that was made elsewhere in its place, as its maker would have: under its lock, compared with its manifest, by a
 * rename. Of several processes one does it, the others wait.
 * @returns whether it was not there before
 * @throws StackrigError SNAPSHOT_BROKEN, HOST_DISK, HOST_FOLDER, and those of `fill`.
 */
export async function receiveSnapshot(arriving: ArrivingSnapshot, options: KeepOptions): Promise<boolean> {
  const { folder, key, manifest, identity, images, fill } = arriving
  await onDisk(snapshotRoot(), () => makeFolder(snapshotRoot()))
  await using lock = await lockFile(snapshotLock(folder), {
    signal: options.signal,
    onWait: () => options.onProgress?.('another process makes or fetches this snapshot; waiting for it'),
  })
  if (await findSnapshot(folder, options.onProgress)) return false
  await onDisk(snapshotRoot(), () => removeAbandoned(snapshotRoot(), folder))
  const building = unfinishedFolder(folder, randomBytes(4).toString('hex'))
  try {
    await onDisk(building, async () => {
      makeFolder(building, 0o700)
      await fill(building)
      const wrong =
        (await checkManifest(building)) ??
        ((await manifestDigest(building)) === manifest
          ? undefined
          : 'it is another than the one that was sent')
      if (wrong !== undefined) {
        throw new StackrigError('SNAPSHOT_BROKEN', 'a golden snapshot that travelled must have come whole', {
          where: building,
          seen: wrong,
          next: 'push it again from where it was made',
        })
      }
      await settle(building, identity, images, key)
      for (const node of images.keys()) {
        const { memory } = snapshotFiles(building, node)
        if (existsSync(memory)) await reserveMemory(memory)
      }
      await markUsed(building)
      if (!lock.held) {
        throw new StackrigError(
          'HOST_FOLDER',
          'the lock of a golden snapshot must stay until it is in its place',
          {
            where: lock.path,
            seen: 'its file was removed meanwhile',
            next: 'start again, and leave the cache alone meanwhile',
          },
        )
      }
      await publish(building, folder)
      await pruneSnapshots(snapshotRoot(), folder, settings().goldenGiB)
    })
  } catch (error) {
    await rm(building, { recursive: true, force: true })
    throw error
  }
  return true
}
