import type { Stats } from 'node:fs'
import { lstat, mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { StackrigError, systemCode } from '../errors/index.js'
import { makeFolder } from '../make-folder.js'

const wanted = 'the folder for sockets must be a folder of this user that nobody else can enter'

/** Makes the folder when it is not there. @throws StackrigError HOST_FOLDER when it cannot be trusted. */
export async function makeOwnFolder(folder: string): Promise<void> {
  makeFolder(dirname(folder))
  await mkdir(folder, { mode: 0o700 }).catch((error: unknown) => {
    if (systemCode(error) !== 'EEXIST') throw error
  })
  await requireOwnFolder(folder)
}

/**
 * In a folder that everybody can write, as /tmp, anybody could have made it first, or a link to somewhere else.
 * @throws StackrigError HOST_FOLDER
 */
export async function requireOwnFolder(folder: string): Promise<void> {
  const above = await lstat(dirname(folder))
  // inode(7): in a sticky folder only the owner can rename or remove what is there.
  if ((above.mode & 0o002) !== 0 && (above.mode & 0o1000) === 0) {
    throw new StackrigError('HOST_FOLDER', wanted, {
      where: dirname(folder),
      seen: 'everybody can rename and remove what lies there: it is not sticky',
      next: `chmod +t ${dirname(folder)}, or set TMPDIR to another folder`,
    })
  }
  const seen = whyForeign(await lstat(folder))
  if (seen === undefined) return
  throw new StackrigError('HOST_FOLDER', wanted, {
    where: folder,
    seen,
    next: 'look who made it and remove it, or set TMPDIR to a folder of your own',
  })
}

/** Why what `lstat` found is not this user's own; undefined when it is. */
export function whyForeign(found: Stats): string | undefined {
  const mode = found.mode & 0o777
  if (found.isSymbolicLink()) return 'a symbolic link'
  if (!found.isDirectory()) return 'not a folder'
  if (found.uid !== process.getuid?.()) return `it belongs to the user with number ${found.uid}`
  if (mode !== 0o700) return `its mode is ${mode.toString(8).padStart(4, '0')}, not 0700`
  return undefined
}
