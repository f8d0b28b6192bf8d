import { humanDuration } from '../duration.js'

const firstKept = 5
const lastKept = 10

/** Every distinct thing that a wait saw, with the time since its start: the first five and the last ten of them. */
export class History {
  readonly #started = performance.now()
  /** In order of when each was last seen. */
  readonly #seen = new Map<string, { first: number; last: number }>()
  #leftOut = 0

  add(text: string): void {
    const now = performance.now() - this.#started
    const before = this.#seen.get(text)
    const isNewest = before !== undefined && [...this.#seen.keys()].at(-1) === text
    if (before && !isNewest) this.#seen.delete(text)
    this.#seen.set(text, { first: before?.first ?? now, last: now })
    if (this.#seen.size <= firstKept + lastKept) return
    const middle = [...this.#seen.keys()][firstKept]
    if (middle !== undefined && this.#seen.delete(middle)) this.#leftOut++
  }

  /** One entry for each: when it was seen first and last, and what it was. */
  toString(): string {
    const entries = [...this.#seen].map(([text, { first, last }]) => {
      const [from, to] = [humanDuration(first), humanDuration(last)]
      return `${from === to ? `after ${from}` : `from ${from} to ${to}`}: ${text.trimEnd().replaceAll('\n', '\n  ')}`
    })
    if (this.#leftOut > 0) entries.splice(firstKept, 0, `(${this.#leftOut} more)`)
    return entries.join('\n') || 'nothing yet'
  }
}
