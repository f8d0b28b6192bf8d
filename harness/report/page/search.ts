import type { PageEntry } from '../page-data.js'

/** Finds entries by any part of what they say, without regard to case. */
export class Search {
  readonly #entries: readonly PageEntry[]
  /** Of each entry, made when it is first asked for: of a hundred thousand it takes a while. */
  readonly #texts: string[] = []

  constructor(entries: readonly PageEntry[]) {
    this.#entries = entries
  }

  /** In order of time; undefined for no words. */
  find(words: string): PageEntry[] | undefined {
    const wanted = words.trim().toLowerCase()
    if (wanted === '') return undefined
    return this.#entries.filter((entry, n) => (this.#texts[n] ??= textOf(entry)).includes(wanted))
  }
}

const textOf = ({ kind, lane, text, data }: PageEntry): string =>
  `${kind} ${lane} ${text} ${data}`.toLowerCase()
