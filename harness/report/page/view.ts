/** The part of time that is looked at: of everything that is drawn, and the one thing that changes it. */
export class View {
  readonly first: number
  readonly last: number
  from: number
  to: number
  readonly #changed: (() => void)[] = []
  #pending = 0

  /** @param first ms since 1970, as `last` */
  constructor(first: number, last: number) {
    const margin = Math.max((last - first) * 0.01, 5)
    this.first = first - margin
    this.last = last + margin
    this.from = this.first
    this.to = this.last
  }

  /** Called once a frame at most. */
  onChange(listener: () => void): void {
    this.#changed.push(listener)
  }

  show(from: number, to: number): void {
    const length = Math.min(Math.max(to - from, 2), this.last - this.first)
    this.from = Math.min(Math.max(from, this.first), this.last - length)
    this.to = this.from + length
    this.#pending ||= requestAnimationFrame(() => {
      this.#pending = 0
      for (const listener of this.#changed) listener()
    })
  }

  /** `by` < 1 shows less, around a moment that stays where it is. */
  zoom(by: number, around = (this.from + this.to) / 2): void {
    this.show(around - (around - this.from) * by, around + (this.to - around) * by)
  }

  /** `by` is a part of what is shown. */
  pan(by: number): void {
    const shift = (this.to - this.from) * by
    this.show(this.from + shift, this.to + shift)
  }

  /** Brings a time into the middle, and no more than a minute around it when everything was shown. */
  centre(t: number): void {
    const half = Math.min(this.to - this.from, 60_000, this.last - this.first) / 2
    this.show(t - half, t + half)
  }

  all(): void {
    this.show(this.first, this.last)
  }
}
