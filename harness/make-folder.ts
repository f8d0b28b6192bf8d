import { mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Makes a folder and those above it. Not with mkdir's `recursive`, which never returns where a folder cannot be made
 * though the one above it exists, as in /proc. Throws what mkdir(2) says: EACCES, EROFS, ENOSPC, ENOENT, ENOTDIR, EEXIST.
 * @param mode of the folder itself; those above it get what the umask leaves.
 */
export function makeFolder(path: string, mode = 0o777): void {
  if (isFolder(path)) return
  if (dirname(path) !== path) makeFolder(dirname(path))
  try {
    mkdirSync(path, { mode })
  } catch (error) {
    // Another may have made it meanwhile.
    if (!isFolder(path)) throw error
  }
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory()
  } catch {
    return false
  }
}
