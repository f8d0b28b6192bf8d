/** Bytes of a stream that are kept when nothing else is said. */
export const defaultOutputLimit = 16 * 1024 * 1024

const smallestBlock = 4096
const largestBlock = 64 * 1024

/**
 * Keeps a stream up to a number of bytes: beyond it the first half and the last half, with a line between them that says
 * how many bytes were left out.
 */
export class BoundedOutput {
  readonly #head: Blocks
  readonly #tail: Blocks
  readonly #half: number
  #leftOut = 0

  /** @param limit bytes, at least 2 */
  constructor(limit = defaultOutputLimit) {
    this.#half = Math.floor(limit / 2)
    this.#head = new Blocks()
    this.#tail = new Blocks()
  }

  add(data: Buffer): void {
    const room = Math.min(this.#half - this.#head.size, data.length)
    if (room > 0) this.#head.add(data.subarray(0, room))
    if (room < data.length) this.#tail.add(data.subarray(Math.max(0, room)))
    this.#leftOut += this.#tail.dropAllBut(this.#half)
  }

  /** How many bytes are missing. */
  get leftOut(): number {
    return this.#leftOut + Math.max(0, this.#tail.size - this.#half)
  }

  bytes(): Buffer {
    const { leftOut } = this
    const tail = Buffer.concat(this.#tail.all())
    const said = leftOut > 0 ? [Buffer.from(`\n[${leftOut} bytes were left out here]\n`)] : []
    return Buffer.concat([...this.#head.all(), ...said, tail.subarray(Math.max(0, tail.length - this.#half))])
  }
}

/** Bytes in blocks of our own: pieces as they come from a socket may be one byte each, and hold more than they show. */
class Blocks {
  #blocks: { data: Buffer; used: number }[] = []
  /** Dropped blocks are filled again: left to the garbage collector, a flood would take memory until it comes. */
  #spare: Buffer[] = []
  size = 0

  add(data: Buffer): void {
    for (let from = 0; from < data.length;) {
      let last = this.#blocks.at(-1)
      if (!last || last.used === last.data.length) {
        const room = Math.min(largestBlock, Math.max(smallestBlock, this.size))
        last = { data: this.#spare.pop() ?? Buffer.allocUnsafeSlow(room), used: 0 }
        this.#blocks.push(last)
      }
      const copied = data.copy(last.data, last.used, from)
      last.used += copied
      from += copied
      this.size += copied
    }
  }

  /** Drops whole blocks from the front as long as so many bytes remain; says how many were dropped. */
  dropAllBut(wanted: number): number {
    let dropped = 0
    let blocks = 0
    for (const { used } of this.#blocks) {
      if (this.size - dropped - used < wanted) break
      dropped += used
      blocks++
    }
    if (blocks > 0) this.#spare.push(...this.#blocks.splice(0, blocks).map(({ data }) => data))
    this.size -= dropped
    return dropped
  }

  all(): Buffer[] {
    return this.#blocks.map(({ data, used }) => data.subarray(0, used))
  }
}
