import type { Entry } from './entry.js'

/** A wait that has not ended. */
export interface OpenWait {
  /** ms since 1970 */
  since: number
  wanted: string
  lastSeen: string
}

/** A step that has not ended. */
export interface OpenStep {
  since: number
  n: number
  name: string
  path: readonly string[]
}

/** Where a scenario is, by what its timeline has told so far. */
export class PresentState {
  /** The scenario, once it was told. */
  test: { file: string; name: string } | undefined
  /** `passed` or `failed`, once it has ended. */
  status: string | undefined
  readonly #steps = new Map<string, OpenStep>()
  readonly #waits = new Map<string, OpenWait>()

  /** The steps that go on, from the outermost on. */
  get steps(): OpenStep[] {
    return [...this.#steps.values()].toSorted((a, b) => a.path.length - b.path.length || a.since - b.since)
  }

  /** The waits that go on and have seen something else than what they want, in the order in which they began. */
  get waits(): OpenWait[] {
    return [...this.#waits.values()].toSorted((a, b) => a.since - b.since)
  }

  take({ t, end, kind, text, data }: Entry): void {
    const identity = `${t} ${text}`
    if (kind === 'test' && data) {
      this.test = { file: data.file, name: data.name }
      this.status = data.status
    }
    if (kind === 'step') {
      if (end !== undefined) this.#steps.delete(identity)
      else if (data) this.#steps.set(identity, { since: t, n: data.n, name: data.name, path: data.path })
    }
    if (kind === 'wait') {
      if (end !== undefined) this.#waits.delete(identity)
      else if (data)
        this.#waits.set(identity, {
          since: t,
          wanted: data.wanted,
          lastSeen: data.observations.at(-1)?.text ?? 'nothing',
        })
    }
  }
}
