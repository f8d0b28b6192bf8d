import { randomBytes } from 'node:crypto'
import { readdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import lockfile from 'proper-lockfile'
import { openFiles } from '../images/index.js'

const gibibyte = 1024 ** 3
const anHour = 3_600_000

/** How the folder of a snapshot is called before it is one, and after. */
export const unfinished = '.building'

/** Without a sign of life for so long, ms, the owner of a lock counts as dead. */
export const lockStale = 60_000

/** One golden snapshot's place on disk. */
export interface GoldenEntry {
  folder: string
  /** Bytes on disk. */
  size: number
  /** When a fork was last made of it, ms since 1970. */
  used: number
}

/** All golden snapshots, the one used last first. */
export async function listGoldens(root: string): Promise<GoldenEntry[]> {
  const names = await readdir(root).catch(() => [])
  const entries = await Promise.all(
    names.map(async (name) => {
      const folder = join(root, name)
      const note = await stat(join(folder, 'golden.json')).catch(() => undefined)
      return note && { folder, size: await sizeOnDisk(folder), used: note.mtimeMs }
    }),
  )
  return entries.filter((entry) => entry !== undefined).sort((a, b) => b.used - a.used)
}

/**
 * Removes the snapshots that were not used for longest until the rest fits the budget; never one used lately, or that a
 * machine has open.
 */
export async function pruneGoldens(root: string, keep: string, budget: number): Promise<void> {
  let total = 0
  const opened = snapshotsInUse()
  for (const { folder, size, used } of await listGoldens(root)) {
    total += size
    if (total <= budget * gibibyte || folder === keep || Date.now() - used < anHour) continue
    if (!opened.has(folder)) await removeGolden(folder)
  }
}

/** The folders of snapshots that running machines stand on: a node that is switched on again opens its disk anew. */
export const snapshotsInUse = (): Set<string> => new Set(openFiles().map((file) => dirname(file)))

/** Takes it out of the list first: one that is half removed must not be found. `removeAbandoned` ends what was killed. */
export async function removeGolden(folder: string): Promise<void> {
  const going = `${folder}-${randomBytes(4).toString('hex')}${unfinished}`
  try {
    await rename(folder, going)
  } catch (error) {
    // Another process was faster.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
    throw error
  }
  await rm(going, { recursive: true, force: true })
}

/** What a killed process was building, or removing; its own key may never be asked for again. */
export async function removeAbandoned(root: string): Promise<void> {
  for (const name of await readdir(root).catch(() => [])) {
    if (!name.endsWith(unfinished)) continue
    const building = join(root, name)
    const options = { realpath: false, stale: lockStale }
    if (await lockfile.check(building.slice(0, -unfinished.length), options)) continue
    await rm(building, { recursive: true, force: true })
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
