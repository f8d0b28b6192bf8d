import { Worker } from 'node:worker_threads'
import { StackrigError } from '../errors/index.js'
import { harnessFile } from '../paths.js'
import { moreRoom } from '../qemu/index.js'

interface Answer {
  id: number
  answer?: unknown
  failure?: { message: string; code?: string }
}

/** Where a machine has its memory. */
export interface MemoryPlace {
  /** Where /proc shows QEMU. */
  process: string
  /** What it is mapped from, as QEMU calls it. */
  file: string
  /** Whether that is a file of the node's own, whose base is all zeros; otherwise it is the golden snapshot's, and the base. */
  isOwn: boolean
}

/** The thread that moves the memory of one node; moment-pages.mjs has what it does. */
export class MomentPages {
  readonly #node: string
  readonly #worker: Worker
  readonly #waiting = new Map<
    number,
    { resolve: (value: unknown) => void; reject: (error: unknown) => void }
  >()
  #nextId = 1

  constructor(node: string) {
    this.#node = node
    this.#worker = new Worker(harnessFile('snapshot/moment-pages.mjs'), { execArgv: [] })
    this.#worker.on('message', ({ id, answer, failure }: Answer) => {
      const waiting = this.#waiting.get(id)
      if (failure) waiting?.reject(this.#failed(failure))
      else waiting?.resolve(answer)
    })
    this.#worker.on('error', (error) => this.#end(this.#failed(error)))
    this.#worker.on('exit', () => this.#end(this.#failed({ message: 'its thread has ended' })))
    this.#worker.unref()
  }

  /** Before the node stands still: resolves with how much it has changed, bytes. */
  async look(place: MemoryPlace): Promise<number> {
    const { bytes } = await this.#ask<{ bytes: number }>('look', place)
    return bytes
  }

  /** Takes memory for that, so that the node stands still for a short time only. */
  prepare(): Promise<void> {
    return this.#ask('prepare')
  }

  /** Copies the pages that the guest has changed, while it stands still; resolves with their number. */
  async read(): Promise<number> {
    const { pages } = await this.#ask<{ pages: number }>('read')
    return pages
  }

  /**
   * Writes what was read to a new file: what differs from the base's page, or since the last moment that was kept.
   * Resolves with the number of pages in it.
   * @throws StackrigError HOST_DISK
   */
  async keep(file: string, { chained }: { chained: boolean }): Promise<number> {
    const { pages } = await this.#ask<{ pages: number }>('keep', { file, chained })
    return pages
  }

  /** Unpacks what `keep` wrote, the oldest first. @param into what begins the names of files, which are soon removed */
  load(files: string[], into: string): Promise<void> {
    return this.#ask('load', { files, into })
  }

  /** Makes one new file of several that `keep` wrote, the oldest first; resolves with the number of pages in it. @throws StackrigError HOST_DISK */
  async merge(files: string[], file: string): Promise<number> {
    const { pages } = await this.#ask<{ pages: number }>('merge', { files, file })
    return pages
  }

  /** Puts what was loaded in its place in a machine that does not run yet. */
  put(place: MemoryPlace): Promise<void> {
    return this.#ask('put', place)
  }

  async close(): Promise<void> {
    await this.#worker.terminate()
  }

  async #ask<T>(name: string, body: object = {}): Promise<T> {
    const id = this.#nextId++
    // Whoever waits for an answer must not find the process at its end.
    this.#worker.ref()
    try {
      return await new Promise<T>((resolve, reject) => {
        this.#waiting.set(id, { resolve: resolve as (value: unknown) => void, reject })
        this.#worker.postMessage({ id, name, body })
      })
    } finally {
      this.#waiting.delete(id)
      if (this.#waiting.size === 0) this.#worker.unref()
    }
  }

  #end(reason: StackrigError): void {
    for (const { reject } of this.#waiting.values()) reject(reason)
  }

  #failed({ message, code }: { message: string; code?: string }): StackrigError {
    const full = code === 'ENOSPC' || code === 'EDQUOT'
    return new StackrigError(
      full ? 'HOST_DISK' : 'INTERNAL',
      `the memory of node ${this.#node} must be moved`,
      {
        seen: message,
        next: full ? moreRoom : undefined,
      },
    )
  }
}
