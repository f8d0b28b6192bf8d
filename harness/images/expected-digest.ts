import { createHash } from 'node:crypto'
import { isImported, readLock, type ImagesLock } from './lock-file.js'
import { imageDigest } from './image-digest.js'
import { readRecipe } from './recipe.js'

/**
 * The digest that the image of a name has here, whether it is there or not: of its recipe, or of what images.lock says of one that was
 * imported.
 * @throws StackrigError IMAGE_MISSING, LOCK_INVALID
 */
export function expectedDigest(name: string, lock: ImagesLock = readLock()): string {
  const entry = lock.images[name]
  return isImported(entry) ? importedDigest(entry) : imageDigest(readRecipe(name))
}

/** Of an image that was made elsewhere: of all its files. */
export const importedDigest = ({ sha256 }: { sha256: Readonly<Record<string, string>> }): string =>
  createHash('sha256').update(JSON.stringify(sha256)).digest('hex')
