/** Frames that are delivered later, each at its time; of those with the same time the first that came. */
export class LaterFrames {
  /** @type {{ frame: Buffer, due: number }[]} the next at the end */
  #waiting = []
  /** @type {NodeJS.Timeout | undefined} */
  #timer
  #deliver

  /** @param {(frame: Buffer) => void} deliver */
  constructor(deliver) {
    this.#deliver = deliver
  }

  get length() {
    return this.#waiting.length
  }

  /** @param {{ frame: Buffer, due: number }} arrival `due` by `performance.now()`, ms */
  add({ frame, due }) {
    const now = performance.now()
    const next = this.#waiting.at(-1)
    if (due <= now && (next === undefined || next.due > now)) {
      this.#deliver(frame)
      return
    }
    this.#waiting.splice(this.#placeOf(due), 0, { frame: Buffer.from(frame), due })
    this.#wake(now)
  }

  /** Delivers everything that still waits, at once and in order. */
  letGo() {
    while (this.#waiting.length > 0) this.#deliverNext()
    clearTimeout(this.#timer)
  }

  /** Delivered before all that are due later, and after all others. @param {number} due */
  #placeOf(due) {
    let low = 0
    let high = this.#waiting.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#waiting[middle]?.due ?? 0) > due) low = middle + 1
      else high = middle
    }
    return low
  }

  /** @param {number} now */
  #wake(now) {
    clearTimeout(this.#timer)
    const next = this.#waiting.at(-1)
    if (next) this.#timer = setTimeout(() => this.#deliverDue(), Math.max(0, next.due - now))
  }

  #deliverDue() {
    const now = performance.now()
    // Timers count whole milliseconds.
    while ((this.#waiting.at(-1)?.due ?? Number.POSITIVE_INFINITY) <= now + 0.5) this.#deliverNext()
    this.#wake(now)
  }

  #deliverNext() {
    const next = this.#waiting.pop()
    if (next) this.#deliver(next.frame)
  }
}
