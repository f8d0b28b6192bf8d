/** The whole lines of a stream of bytes that comes in pieces. */
export class WholeLines {
  readonly #longest: number
  #rest = Buffer.alloc(0)

  /** @param longest bytes of a line that has no end yet: of a longer one the beginning counts as a line */
  constructor(longest = Infinity) {
    this.#longest = longest
  }

  add(piece: Buffer): string[] {
    const whole = Buffer.concat([this.#rest, piece])
    const end = whole.lastIndexOf('\n') + 1
    this.#rest = whole.subarray(end)
    const lines = whole.subarray(0, end).toString().split('\n').slice(0, -1)
    if (this.#rest.length <= this.#longest) return lines
    const long = this.#rest.toString()
    this.#rest = Buffer.alloc(0)
    return [...lines, long]
  }
}
