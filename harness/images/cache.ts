import { join } from 'node:path'
import { messageOf, StackrigError } from '../errors/index.js'
import { makeFolder } from '../make-folder.js'
import { cacheFolder, downloadsFolder } from '../paths.js'

/** The variable that puts a path of the cache, or of its downloads, somewhere else. */
export function variableOf(path: string): 'STACKRIG_CACHE' | 'STACKRIG_DOWNLOADS' {
  const [cache, downloads] = [cacheFolder(), downloadsFolder()]
  return downloads !== cache &&
    isBelow(path, downloads) &&
    !(isBelow(path, cache) && isBelow(cache, downloads))
    ? 'STACKRIG_DOWNLOADS'
    : 'STACKRIG_CACHE'
}

/** Whether a path is in the cache, or in what is downloaded. */
export const isInCache = (path: string): boolean =>
  [cacheFolder(), downloadsFolder()].some((folder) => isBelow(path, folder))

const isBelow = (path: string, folder: string): boolean => path === folder || path.startsWith(`${folder}/`)

/** @throws StackrigError HOST_DISK for a cache that is full, a file, or not ours to write */
function folder(name: string, above = cacheFolder()): string {
  const path = join(above, name)
  try {
    makeFolder(path)
  } catch (cause) {
    throw new StackrigError('HOST_DISK', 'The cache must be a folder that can be written.', {
      where: path,
      seen: messageOf(cause),
      next: `make room there and let yourself write there, or set ${variableOf(path)} to a folder of yours`,
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
