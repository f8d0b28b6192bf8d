import { randomBytes } from 'node:crypto'
import { readdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { hostFault, systemCode } from '../errors/index.js'
import { tryLock } from '../file-lock.js'
import { openFiles } from '../images/index.js'
import { removeOldAside } from '../manifest.js'
import { giveUpMoments, momentsOn } from './pinned.js'
import { lastUsed, snapshotLock } from './snapshot.js'

const gibibyte = 1024 ** 3
const anHour = 3_600_000

/** Where a snapshot lies before it is one, and after. `mark` tells apart those who make or remove it, eight hex digits. */
export const unfinishedFolder = (folder: string, mark: string): string => `${folder}-${mark}.building`

const unfinished = /^(?<folder>.+)-[0-9a-f]{8}\.building$/

/** One golden snapshot's place on disk. */
export interface KeptSnapshot {
  folder: string
  /** Bytes on disk. */
  size: number
  /** When a fork was last made of it, ms since 1970. */
  used: number
}

/** The names in a folder; none when it is not there. @throws StackrigError HOST_FOLDER, HOST_LIMIT */
async function namesIn(root: string): Promise<string[]> {
  try {
    return await readdir(root)
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return []
    throw hostFault(error, 'the golden snapshots must be read', root)
  }
}

/** All golden snapshots, the one used last first. @throws StackrigError HOST_FOLDER, HOST_LIMIT */
export async function listSnapshots(root: string): Promise<KeptSnapshot[]> {
  const names = await namesIn(root)
  const entries = await Promise.all(
    names.map(async (name) => {
      const folder = join(root, name)
      const used = await lastUsed(folder)
      return used !== undefined && !unfinished.test(name) && !name.endsWith('.bad')
        ? { folder, size: await sizeOnDisk(folder), used }
        : undefined
    }),
  )
  return entries.filter((entry) => entry !== undefined).sort((a, b) => b.used - a.used)
}

/**
 * Removes the snapshots that were not used for longest until the rest fits the budget; never one used lately, or that a
 * machine has open. Those that moments stand on go last, and their moments with them.
 */
export async function pruneSnapshots(root: string, keep: string, budget: number): Promise<void> {
  const all = await listSnapshots(root)
  let excess = all.reduce((sum, { size }) => sum + size, 0) - budget * gibibyte
  const opened = snapshotsInUse()
  const removable = all
    .filter(({ folder, used }) => folder !== keep && Date.now() - used >= anHour && !opened.has(folder))
    .reverse()
  const counted = await Promise.all(
    removable.map(async (snapshot) => ({ ...snapshot, moments: (await momentsOn(snapshot.folder)).length })),
  )
  const first = counted.filter(({ moments }) => moments === 0)
  for (const { folder, size } of [...first, ...counted.filter(({ moments }) => moments > 0)]) {
    if (excess <= 0) return
    await giveUpMoments(folder, `given up with its golden snapshot, for which there was no room: ${folder}`)
    await removeSnapshot(folder)
    excess -= size
  }
}

/** The folders of snapshots that running machines stand on: a node that is switched on again opens its disk anew. */
export const snapshotsInUse = (): Set<string> => new Set(openFiles().map((file) => dirname(file)))

/** Takes it out of the list first: one that is half removed must not be found. `removeAbandoned` ends what was killed. */
export async function removeSnapshot(folder: string): Promise<void> {
  const going = unfinishedFolder(folder, randomBytes(4).toString('hex'))
  try {
    await rename(folder, going)
  } catch (error) {
    // Another process was faster.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
    throw error
  }
  await rm(going, { recursive: true, force: true })
}

/**
 * What a killed process was making, or removing; its own key may never be asked for again.
 * @param held the folder of the snapshot whose lock the caller has
 */
export async function removeAbandoned(root: string, held?: string): Promise<void> {
  for (const name of await namesIn(root)) {
    if (name.endsWith('.bad')) await removeOldAside(join(root, name))
    const folder = unfinished.exec(name)?.groups?.['folder']
    if (folder === undefined) continue
    const ours = held === join(root, folder)
    const lock = ours ? undefined : await tryLock(snapshotLock(folder))
    if (!ours && !lock) continue
    await rm(join(root, name), { recursive: true, force: true })
    await lock?.release()
  }
}

/** What another process removes meanwhile takes no room. */
async function sizeOnDisk(folder: string): Promise<number> {
  const files = await readdir(folder).catch(() => [])
  const blocks = await Promise.all(
    files.map((file) =>
      stat(join(folder, file)).then(
        (entry) => entry.blocks,
        () => 0,
      ),
    ),
  )
  return blocks.reduce((sum, count) => sum + count * 512, 0)
}
