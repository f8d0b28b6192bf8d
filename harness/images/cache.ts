import { join } from 'node:path'
import { messageOf, StackrigError } from '../errors/index.js'
import { makeFolder } from '../make-folder.js'
import { cacheFolder, downloadsFolder } from '../paths.js'

/** @throws StackrigError HOST_DISK for a cache that is full, a file, or not ours to write */
function folder(name: string, above = cacheFolder()): string {
  const path = join(above, name)
  try {
    makeFolder(path)
  } catch (cause) {
    throw new StackrigError('HOST_DISK', 'The cache must be a folder that can be written.', {
      where: path,
      seen: messageOf(cause),
      next: 'make room there and let yourself write there, or set STACKRIG_CACHE to a folder of yours',
      cause,
    })
  }
  return path
}

/** Where built images lie: one folder per image and recipe digest. */
export const imagesFolder = (): string => folder('images')

/** Downloaded Debian packages, kept between builds. */
export const debsFolder = (): string => folder('debs', downloadsFolder())

/** apt's own state for stackrig: indexes of packages, never this machine's. */
export const aptFolder = (): string => folder('apt', downloadsFolder())

/** Logs of image builds; kept when a build fails. */
export const logsFolder = (): string => folder('logs')

/** Packages taken apart for the small images. */
export const unpackedFolder = (): string => folder('unpacked', downloadsFolder())

/** Locks of what is downloaded. */
export const downloadLocksFolder = (): string => join(folder('apt', downloadsFolder()), '.locks')

/** The installed packages of a recipe, kept as an archive for its next build. */
export const layersFolder = (): string => folder('layers')
