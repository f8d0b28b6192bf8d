import { rm, stat, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { execa } from 'execa'
import { hostFault, messageOf, StackrigError } from '../errors/index.js'
import { chunkPath } from './depot.js'
import type { FolderDepot } from './folder-depot.js'
import { Staging } from './staging.js'

/** So many chunks are compressed by one start of zstd. */
const batchSize = 512

/** Brings chunks to a folder, compressed, each once. Several machines may write the same folder at a time. */
export class ChunkWriter implements AsyncDisposable {
  /** Bytes of the new ones, as they are and compressed. */
  travelled = 0
  compressed = 0
  readonly #depot: FolderDepot
  readonly #there: Set<string>
  /** Of this machine, for what is not compressed yet, and of the depot. */
  readonly #raw: Staging
  readonly #fresh: Staging
  readonly #signal: AbortSignal | undefined
  #waiting: string[] = []
  #flushing: Promise<void> = Promise.resolve()

  private constructor(
    depot: FolderDepot,
    there: Set<string>,
    [raw, fresh]: [Staging, Staging],
    signal: AbortSignal | undefined,
  ) {
    this.#depot = depot
    this.#there = there
    this.#raw = raw
    this.#fresh = fresh
    this.#signal = signal
  }

  /**
   * @param scratch a folder of this machine
   * @param there the digests of what the depot has; those that are added are added to it
   */
  static async open(
    depot: FolderDepot,
    { scratch, there, signal }: { scratch: string; there: Set<string>; signal?: AbortSignal | undefined },
  ): Promise<ChunkWriter> {
    const raw = await Staging.open(scratch)
    try {
      const fresh = await onDepot(depot.where, () => Staging.open(depot.unfinished))
      return new ChunkWriter(depot, there, [raw, fresh], signal)
    } catch (error) {
      await raw[Symbol.asyncDispose]()
      throw error
    }
  }

  /** @returns whether it was new to the depot */
  async add(digest: string, data: Uint8Array): Promise<boolean> {
    this.#signal?.throwIfAborted()
    if (this.#there.has(digest)) return false
    this.#there.add(digest)
    await writeFile(join(this.#raw.folder, digest), data)
    this.travelled += data.length
    this.#waiting.push(digest)
    if (this.#waiting.length >= batchSize) await this.#begin()
    return true
  }

  /** Resolves when all that was added is in its place. */
  async end(): Promise<void> {
    await this.#begin()
    await this.#flushing
  }

  /** The next batch is read while one is compressed. */
  async #begin(): Promise<void> {
    await this.#flushing
    const batch = this.#waiting
    this.#waiting = []
    this.#flushing = onDepot(this.#depot.where, () => this.#flush(batch))
    // Told by whoever waits for it next.
    this.#flushing.catch(() => undefined)
  }

  async #flush(batch: readonly string[]): Promise<void> {
    if (batch.length === 0) return
    const words = ['-q', '-1', '--no-progress', '--output-dir-flat', this.#fresh.folder, '--']
    await this.#run('zstd', [...words, ...batch.map((digest) => join(this.#raw.folder, digest))])
    // A name must not be there before what it names, also when the depot's machine loses power.
    await this.#run('sync', ['--file-system', this.#fresh.folder])
    for (const digest of batch) {
      const file = join(this.#fresh.folder, basename(chunkPath(digest)))
      this.compressed += (await stat(file)).size
      await this.#depot.place(file, digest)
      await rm(join(this.#raw.folder, digest))
    }
  }

  async #run(program: string, words: string[]): Promise<void> {
    const signal = this.#signal
    await execa(program, words, {
      ...{ stdin: 'ignore', timeout: 600_000, killSignal: 'SIGKILL' },
      ...(signal && { cancelSignal: signal }),
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#flushing.catch(() => undefined)
    await this.#fresh[Symbol.asyncDispose]()
    await this.#raw[Symbol.asyncDispose]()
  }
}

async function onDepot<T>(where: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (/No space left|ENOSPC/.test(messageOf(error))) {
      throw new StackrigError('HOST_DISK', 'a depot must find room for what is pushed', {
        ...{ where, seen: 'no space left', cause: error },
        next: 'make room there, and push again: only what is not there yet is copied',
      })
    }
    throw hostFault(error, 'a depot must be written', where)
  }
}
