import { copyFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { StackrigError } from '../errors/index.js'
import { tryLock, type FileLock } from '../file-lock.js'
import { makeFolder } from '../make-folder.js'
import { cacheFolder, downloadsFolder } from '../paths.js'
import { accelerationFile } from '../qemu/index.js'

/**
 * A cache of its own for the images and golden snapshots of tries: they are many, of no use afterwards, and must drive nothing out that is
 * used every day. Downloads are shared. Disposing removes it; what a killed process left, the next one removes.
 */
export class BisectCache implements AsyncDisposable {
  readonly folder = join(cacheFolder(), 'bisect', 'work')
  readonly #lock: FileLock

  private constructor(lock: FileLock) {
    this.#lock = lock
  }

  /** @throws StackrigError USAGE while another process has it, HOST_DISK */
  static async open(): Promise<BisectCache> {
    const lock = await tryLock(join(cacheFolder(), 'bisect', 'lock'))
    if (!lock) {
      throw new StackrigError('USAGE', 'one bisect runs at a time here', {
        where: cacheFolder(),
        next: 'wait until the other has ended, or end it',
      })
    }
    const cache = new BisectCache(lock)
    await cache.#remove()
    makeFolder(cache.folder)
    // To find it out again keeps a processor busy for a quarter of a minute.
    await copyFile(join(cacheFolder(), accelerationFile), join(cache.folder, accelerationFile)).catch(
      () => undefined,
    )
    return cache
  }

  /** What a program runs with that uses it, and the packages of a lock. */
  environment(lock: string): Record<string, string> {
    return { STACKRIG_EXACT: lock, STACKRIG_CACHE: this.folder, STACKRIG_DOWNLOADS: downloadsFolder() }
  }

  async #remove(): Promise<void> {
    // What was killed a moment ago may still be writing.
    await rm(this.folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 300 })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#remove()
    await this.#lock.release()
  }
}
