import { randomBytes } from 'node:crypto'
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { lockFile, tryLock, type FileLock } from '../file-lock.js'
import { makeFolder } from '../make-folder.js'

/** A folder for what is not complete yet. It goes when it is disposed of; when its process was killed, with the next one's. */
export class Staging implements AsyncDisposable {
  readonly folder: string
  readonly #lock: FileLock

  private constructor(folder: string, lock: FileLock) {
    this.folder = folder
    this.#lock = lock
  }

  /** @param below where several processes, perhaps of several machines, have theirs */
  static async open(below: string): Promise<Staging> {
    makeFolder(below)
    await removeAbandoned(below)
    const folder = join(below, randomBytes(8).toString('hex'))
    // Before there is a folder: one without a lock is nobody's.
    const lock = await lockFile(`${folder}.lock`)
    makeFolder(folder, 0o700)
    return new Staging(folder, lock)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true, force: true })
    await rm(`${this.folder}.lock`, { force: true })
    await this.#lock.release()
  }
}

async function removeAbandoned(below: string): Promise<void> {
  for (const name of await readdir(below)) {
    const mark = /^([0-9a-f]{16})\.lock$/.exec(name)?.[1]
    if (mark === undefined) continue
    await using lock = await tryLock(join(below, name))
    if (!lock?.held) continue
    await rm(join(below, mark), { recursive: true, force: true })
    await rm(join(below, name), { force: true })
  }
}
