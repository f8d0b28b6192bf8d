import { createHash } from 'node:crypto'
import { readdir, readlink, rm, symlink, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { cacheFolder } from '../paths.js'
import { makeFolder } from '../make-folder.js'
import { givenUpFile, isMoment } from './moment-info.js'

// Moments lie with the results of their scenarios, anywhere. What stands on a golden snapshot is listed in the cache beside it:
// one link for each, whose name is a digest of its folder.
const lists = (): string => join(cacheFolder(), 'moments')
const listOf = (golden: string): string => join(lists(), basename(golden))

/** Lists a moment that outlives its cluster as one that stands on a golden snapshot. */
export async function pinSnapshot(golden: string, moment: string): Promise<void> {
  makeFolder(listOf(golden))
  const name = createHash('sha256').update(moment).digest('hex').slice(0, 16)
  await rm(join(listOf(golden), name), { force: true })
  await symlink(moment, join(listOf(golden), name))
}

/** The moments that stand on a golden snapshot and are still there. Those that were removed are forgotten. */
export async function momentsOn(golden: string): Promise<string[]> {
  const folder = listOf(golden)
  const names = await readdir(folder).catch(() => [])
  const found = await Promise.all(
    names.map(async (name) => {
      const moment = await readlink(join(folder, name)).catch(() => undefined)
      if (moment !== undefined && isMoment(moment)) return [moment]
      await rm(join(folder, name), { force: true })
      return []
    }),
  )
  return found.flat()
}

/** All moments that are listed, by the name of the golden snapshot's folder. */
export async function allMoments(): Promise<Map<string, string[]>> {
  const names = await readdir(lists()).catch(() => [])
  return new Map(await Promise.all(names.map(async (name) => [name, await momentsOn(name)] as const)))
}

/** Empties the folders of all moments that stand on a golden snapshot, which goes; whoever looks there is told why. */
export async function giveUpMoments(golden: string, reason: string): Promise<void> {
  for (const moment of await momentsOn(golden)) await giveUpMoment(moment, reason)
  await rm(listOf(golden), { recursive: true, force: true })
}

/** Empties the folder of a moment; whoever looks there is told why. */
export async function giveUpMoment(moment: string, reason: string): Promise<void> {
  for (const name of await readdir(moment)) await rm(join(moment, name), { recursive: true, force: true })
  await writeFile(join(moment, givenUpFile), `${reason}\n`)
}
