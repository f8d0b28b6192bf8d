import { messageOf, StackrigError } from '../errors/index.js'
import { cacheFolder } from '../paths.js'
import { isInCache, variableOf } from './cache.js'

/** What the system says of a file that is in the way, or that this user must not touch (errno(3)). */
const refusals = new Set([
  'EACCES',
  'EPERM',
  'EROFS',
  'ENOSPC',
  'EDQUOT',
  'ENOTDIR',
  'EISDIR',
  'EIO',
  'ELOOP',
])

/**
 * An error of work on an image, as one that says what to do: when the system refused a file, that is not our defect.
 * Others are returned as they are.
 */
export function explainRefusal(error: unknown, image: string): unknown {
  const { code = '', path } = error as NodeJS.ErrnoException
  if (error instanceof StackrigError || !refusals.has(code)) return error
  // A read does not say of which file; only writes go to the cache.
  const writes = ['ENOSPC', 'EDQUOT', 'EROFS'].includes(code)
  const inCache = path === undefined ? writes : isInCache(path)
  const details = {
    where: path ?? (inCache ? cacheFolder() : undefined),
    seen: messageOf(error),
    cause: error,
  }
  return inCache
    ? new StackrigError('HOST_DISK', `The cache must let itself be used for image ${image}.`, {
        ...details,
        next: `make room there and let yourself read and write there, or set ${variableOf(path ?? cacheFolder())} to a folder of yours`,
      })
    : new StackrigError('IMAGE_MISSING', `The files of image "${image}" must be files that you can read.`, {
        ...details,
        next: `let yourself read it (ls -lL shows who may), or build it again`,
      })
}

/** Does work on an image. @throws StackrigError HOST_DISK, IMAGE_MISSING when the system refuses a file, and those of the work. */
export async function explained<T>(image: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw explainRefusal(error, image)
  }
}
