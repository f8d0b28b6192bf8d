import { join } from 'node:path'
import { lockFile } from '../file-lock.js'
import { downloadLocksFolder, imagesFolder } from './cache.js'

/**
 * Holds the lock of a part of the cache until disposed. Waits for as long as another process holds it,
 * and calls `onWait` once if it has to.
 * @throws StackrigError ABORTED, HOST_DISK, HOST_PROGRAM_MISSING
 */
export const lockBuild = (
  part: string,
  signal: AbortSignal | undefined,
  onWait: () => void,
): Promise<AsyncDisposable> => lockFile(join(imagesFolder(), '.locks', part), { signal, onWait })

/** The same for what is downloaded (`packages`, `apt`), which several caches may share. Throws like `lockBuild`. */
export const lockDownloads = (part: string, signal: AbortSignal | undefined): Promise<AsyncDisposable> =>
  lockFile(join(downloadLocksFolder(), part), { signal })

/** The same for all that is built of one image. Throws like `lockBuild`. */
export const lockImage = (
  name: string,
  signal: AbortSignal | undefined,
  onWait: () => void,
): Promise<AsyncDisposable> => lockBuild(`image-${name}`, signal, onWait)
