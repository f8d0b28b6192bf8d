import { readdirSync } from 'node:fs'
import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { messageOf, StackrigError } from '../errors/index.js'
import { tryLock, type FileLock } from '../file-lock.js'
import { makeFolder } from '../make-folder.js'
import { cacheFolder, downloadsFolder } from '../paths.js'
import { accelerationFile } from '../qemu/index.js'
import { removeFolder } from '../remove-folder.js'

/**
 * A cache of its own for the images and golden snapshots of tries: they are many, of no use afterwards, and must drive nothing out that is
 * used every day. Downloads are shared. Disposing removes it; what a killed process left, the next one removes.
 */
export class BisectCache implements AsyncDisposable {
  /** Of this process: what another one started may go on for a while after that was killed. */
  readonly folder = join(bisectFolder(), `work-${process.pid}`)
  readonly #lock: FileLock

  private constructor(lock: FileLock) {
    this.#lock = lock
  }

  /** @throws StackrigError USAGE while another process has it, HOST_DISK */
  static async open(): Promise<BisectCache> {
    const lock = await tryLock(join(bisectFolder(), 'lock'))
    if (!lock) {
      throw new StackrigError('USAGE', 'one bisect runs at a time here', {
        where: cacheFolder(),
        next: 'wait until the other has ended, or end it',
      })
    }
    // Whoever made them is gone: it would hold the lock.
    for (const entry of readdirSync(bisectFolder()))
      if (/^work(-\d+)?$/.test(entry)) await removeFolder(join(bisectFolder(), entry)).catch(() => undefined)
    const cache = new BisectCache(lock)
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

  /** Removes images that the coming try does not use. @param wanted name of an image -> its digest */
  async keepOnly(wanted: Readonly<Record<string, string>>): Promise<void> {
    const images = join(this.folder, 'images')
    for (const entry of unwantedImages(entriesOf(images), wanted))
      await removeFolder(join(images, entry)).catch(() => undefined)
  }

  /** What cannot be removed is told of, no more: it must not hide why the bisect ended. */
  async [Symbol.asyncDispose](): Promise<void> {
    await removeFolder(this.folder).catch((error: unknown) =>
      process.stderr.write(`${this.folder} could not be removed: ${messageOf(error)}\n`),
    )
    await this.#lock.release()
  }
}

/** Folders of images of these names that have another digest: `NAME-` and the first digits of it. */
export const unwantedImages = (
  entries: readonly string[],
  wanted: Readonly<Record<string, string>>,
): string[] =>
  entries.filter((entry) => {
    const [, name = '', digits = ''] = /^(.+)-([0-9a-f]{12})(?:\.bad)?$/.exec(entry) ?? []
    const digest = wanted[name]
    return digest !== undefined && !digest.startsWith(digits)
  })

const bisectFolder = (): string => join(cacheFolder(), 'bisect')

function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}
