import { randomBytes } from 'node:crypto'
import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { hostFault, systemCode } from '../errors/index.js'
import { makeFolder } from '../make-folder.js'
import { withTimeLimit } from '../time-limit.js'
import { chunkPath, goneChunk, slowDepot, type Depot } from './depot.js'

/** The longest that one file of a depot may take, ms: a folder of another machine may not answer. */
const longest = 120_000

/** A depot that is a folder. */
export class FolderDepot implements Depot {
  readonly where: string

  constructor(folder: string) {
    this.where = folder
  }

  async readNote(path: string, signal?: AbortSignal): Promise<string | undefined> {
    try {
      return (await this.#read(path, signal)).toString()
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return undefined
      throw hostFault(error, 'a depot must be read', join(this.where, path))
    }
  }

  async readChunk(digest: string, signal?: AbortSignal): Promise<Buffer> {
    const path = chunkPath(digest)
    try {
      return await this.#read(path, signal)
    } catch (error) {
      if (systemCode(error) === 'ENOENT') throw goneChunk(join(this.where, path))
      throw hostFault(error, 'a depot must be read', join(this.where, path))
    }
  }

  #read(path: string, signal?: AbortSignal): Promise<Buffer> {
    const file = join(this.where, path)
    return withTimeLimit(
      { timeout: longest, late: () => slowDepot(file), ...(signal && { signals: [signal] }) },
      (limit) => readFile(file, { signal: limit }),
    )
  }

  /** The digests of all chunks in it. */
  async chunks(): Promise<Set<string>> {
    const found = new Set<string>()
    for (const name of await namesIn(join(this.where, 'chunks'))) {
      for (const file of await namesIn(join(this.where, 'chunks', name))) {
        const digest = /^([0-9a-f]{64})\.zst$/.exec(file)?.[1]
        if (digest !== undefined) found.add(digest)
      }
    }
    return found
  }

  /** Where what is not complete lies, on the same file system. */
  get unfinished(): string {
    return join(this.where, 'unfinished')
  }

  /** Puts a compressed chunk in its place, of which it is known that it is on the disk. */
  async place(file: string, digest: string): Promise<void> {
    const to = join(this.where, chunkPath(digest))
    makeFolder(dirname(to))
    await rename(file, to)
  }

  /** Nobody ever reads half of a note, however many write it. */
  async writeNote(path: string, text: string): Promise<void> {
    const to = join(this.where, path)
    makeFolder(dirname(to))
    const fresh = `${to}.${randomBytes(4).toString('hex')}`
    try {
      await writeFile(fresh, text, { flush: true })
      await rename(fresh, to)
    } catch (error) {
      await rm(fresh, { force: true })
      throw error
    }
  }
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder)
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return []
    throw error
  }
}
