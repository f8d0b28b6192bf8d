import type { EntryKind, NewEntry } from './entry.js'

const mebibyte = 1024 * 1024
const usualLimit = 128 * mebibyte

/** Kinds of which others make as many as they like; those of one lane may take an eighth of the file. */
const floods: readonly EntryKind[] = ['console', 'log', 'qmp', 'packets', 'browser']

/** What tells most of a scenario: it still has room when all the rest has none. */
const kept: readonly EntryKind[] = ['test', 'step', 'finding', 'error', 'moment', 'fault', 'note']

interface Admission {
  write: boolean
  /** Said once, where something begins to be left out. */
  notice?: string
}

/** Decides what has room in the file of a timeline. */
export class FileBudget {
  /** How many entries had none, by kind. */
  readonly leftOut: Partial<Record<EntryKind, number>> = {}
  readonly #limit: number
  readonly #lanes = new Map<string, number>()
  readonly #told = new Set<string>()
  #size = 0

  /** @param limit bytes of the whole file; a sixteenth more for what tells most. */
  constructor(limit = usualLimit) {
    this.#limit = limit
  }

  admit({ lane, kind }: Pick<NewEntry, 'lane' | 'kind'>, length: number): Admission {
    if (floods.includes(kind)) {
      const of = `${kind} of ${lane}`
      const used = (this.#lanes.get(of) ?? 0) + length
      if (used > this.#limit / 8) return this.#refuse(kind, of)
      this.#lanes.set(of, used)
    }
    const room = kept.includes(kind) ? this.#limit * (17 / 16) : this.#limit
    if (this.#size + length > room) return this.#refuse(kind, 'this timeline')
    this.#size += length
    return { write: true }
  }

  #refuse(kind: EntryKind, of: string): Admission {
    this.leftOut[kind] = (this.leftOut[kind] ?? 0) + 1
    if (this.#told.has(of)) return { write: false }
    this.#told.add(of)
    return { write: false, notice: `the room for ${of} is used up: the rest is left out` }
  }
}
