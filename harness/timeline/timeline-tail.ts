import { open, type FileHandle } from 'node:fs/promises'
import type { Entry } from './entry.js'
import { TimelineLines } from './read-timeline.js'

/** Bytes that one look reads at most: who follows a flood falls behind instead of taking all memory. */
const oneLook = 8 * 1024 * 1024

/** Reads along with a timeline that is being written, perhaps by another process. */
export class TimelineTail {
  readonly path: string
  #lines = new TimelineLines()
  #position = 0

  constructor(path: string) {
    this.path = path
  }

  /** What was written since the last look; nothing when there is no such file (yet, or any more). */
  async read(): Promise<Entry[]> {
    await using file = await open(this.path).catch(() => undefined)
    return file === undefined ? [] : await this.#read(file)
  }

  async #read(file: FileHandle): Promise<Entry[]> {
    const { size } = await file.stat()
    // A scenario that is tried again begins its file anew.
    if (size < this.#position) {
      this.#position = 0
      this.#lines = new TimelineLines()
    }
    const length = Math.min(size - this.#position, oneLook)
    if (length === 0) return []
    const { bytesRead, buffer } = await file.read(Buffer.alloc(length), 0, length, this.#position)
    this.#position += bytesRead
    return this.#lines.add(buffer.subarray(0, bytesRead))
  }
}
