import { existsSync } from 'node:fs'
import { rename, symlink } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { messageOf, StackrigError } from '../errors/index.js'
import { projectFolder } from '../paths.js'
import { makeFolder } from '../make-folder.js'

/** Where every run has a folder of its own. */
export const resultsRoot = join(projectFolder, 'results')

/** The folder of a run that begins now: `results/<time>`, with what tells it from others. It is not there yet. */
export function newResultsFolder(what = ''): string {
  const time = new Date().toISOString().slice(0, 19).replaceAll(':', '-')
  const folder = join(resultsRoot, [time, what].filter(Boolean).join('-'))
  // Two runs may start in the same second.
  return existsSync(folder) ? `${folder}-${process.pid}` : folder
}

/**
 * Makes the folder; `results/latest` leads to it from then on.
 * @throws StackrigError HOST_DISK
 */
export async function makeResultsFolder(folder: string): Promise<void> {
  const link = `${folder}.latest`
  try {
    makeFolder(folder)
    await symlink(basename(folder), link)
    await rename(link, join(dirname(folder), 'latest'))
  } catch (error) {
    throw new StackrigError('HOST_DISK', 'a run needs a folder for its results', {
      where: folder,
      seen: messageOf(error),
      cause: error,
    })
  }
}
