import type { Observation, Timeline } from '../timeline/index.js'

/** Observations that one wait's entry has, and characters of each. */
const mostKept = 300
const longest = 500
/** ms between two entries of a wait that still lasts. */
const liveInterval = 1000

/** Tells a timeline of one wait: when it has seen something for the first time, and how it ended. */
export class WaitRecord {
  readonly #timeline: Timeline
  readonly #wanted: string
  readonly #began = Date.now()
  readonly #seen = new Map<string, Observation>()
  #told = 0

  constructor(timeline: Timeline, wanted: string) {
    this.#timeline = timeline
    this.#wanted = wanted
  }

  saw(seen: string): void {
    const text = seen.slice(0, longest)
    if (this.#seen.has(text)) return
    const observation = { t: Date.now(), text }
    this.#seen.set(text, observation)
    if (this.#seen.size > mostKept) this.#dropMiddle()
    if (observation.t - this.#told < liveInterval) return
    this.#told = observation.t
    // Whoever follows a running scenario, or finds one that was killed, learns what was waited for, and what was seen.
    this.#tell({ observations: [observation], phase: 'begin' })
  }

  ended(status: 'passed' | 'failed'): void {
    this.#tell({ observations: [...this.#seen.values()], status }, Date.now())
  }

  /** Of very many, the first and the last tell most. */
  #dropMiddle(): void {
    const middle = [...this.#seen.keys()][mostKept / 2]
    if (middle !== undefined) this.#seen.delete(middle)
  }

  #tell(
    data: { observations: Observation[]; status?: 'passed' | 'failed'; phase?: 'begin' },
    end?: number,
  ): void {
    const text = `wait for ${this.#wanted}`
    this.#timeline.add({
      ...{ t: this.#began, lane: 'scenario', kind: 'wait', text },
      ...(end !== undefined && { end }),
      data: { wanted: this.#wanted, ...data },
    })
  }
}
