import { existsSync } from 'node:fs'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as z from 'zod'
import type { Image } from '../images/index.js'
import { StackrigError } from '../errors/index.js'
import { checkManifest, manifestDigest, writeManifest } from '../manifest.js'
import { moveOverlay } from '../qemu/index.js'
import { renameSnapshot, snapshotFiles, type SnapshotKey } from './snapshot.js'

/** In a golden snapshot that came from another machine: which it was there. Its disks name other files since. */
const travelledFile = 'travelled.json'
const travelledSchema = z.strictObject({ digest: z.string() })

/** Tells a golden snapshot from every other, also one of the same key, and also where its copy lies on another machine. */
export async function snapshotIdentity(folder: string): Promise<string> {
  const file = join(folder, travelledFile)
  if (!existsSync(file)) return manifestDigest(folder)
  return travelledSchema.parse(JSON.parse(await readFile(file, 'utf8'))).digest
}

/**
 * Makes a golden snapshot that was copied from another machine one of this: its disks stand on the images here.
 * @param digest what it was there
 * @param images those of its nodes, by the names of the nodes
 * @throws StackrigError SNAPSHOT_BROKEN when its files are not what was written there.
 */
export async function settleTravelled(
  folder: string,
  digest: string,
  images: ReadonlyMap<string, Image>,
): Promise<void> {
  if (existsSync(join(folder, travelledFile))) return
  const wrong =
    (await checkManifest(folder)) ??
    ((await manifestDigest(folder)) === digest ? undefined : 'it is another than the moments stand on')
  if (wrong !== undefined) {
    throw new StackrigError('SNAPSHOT_BROKEN', 'a golden snapshot that travelled must have come whole', {
      where: folder,
      seen: wrong,
    })
  }
  await settle(folder, digest, images)
}

/**
 * Puts the disks of a golden snapshot on the images here, and notes which snapshot it was where it was made.
 * @param identity what it was there
 * @param key what it is here, where the paths of images may be others
 */
export async function settle(
  folder: string,
  identity: string,
  images: ReadonlyMap<string, Image>,
  key?: SnapshotKey,
): Promise<void> {
  for (const [node, { rootfs, rootfsFormat = 'raw' }] of images) {
    const { disk } = snapshotFiles(folder, node)
    if (rootfs !== undefined && existsSync(disk)) await moveOverlay(disk, rootfs, rootfsFormat)
  }
  if (key !== undefined) await renameSnapshot(folder, key)
  await rm(join(folder, 'checked.json'), { force: true })
  await writeFile(join(folder, travelledFile), JSON.stringify({ digest: identity }))
  await writeManifest(folder)
}
