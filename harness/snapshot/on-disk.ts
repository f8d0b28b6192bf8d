import { hostFault } from '../errors/index.js'

/** What the disk refuses while a snapshot is written or read there, or the number of open files, is told with a code. */
export async function onDisk<T>(where: string, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw hostFault(error, 'a golden snapshot must be written and read', where)
  }
}
