import type { PageEntry } from '../page-data.js'

/** Finds entries by any part of what they say, without regard to case. */
export class Search {
  readonly #texts: { entry: PageEntry; text: string }[] = []

  constructor(entries: readonly PageEntry[]) {
    this.#texts = entries.map((entry) => ({ entry, text: '' }))
  }

  /** In order of time; undefined for no words. */
  find(words: string): PageEntry[] | undefined {
    const wanted = words.trim().toLowerCase()
    if (wanted === '') return undefined
    return this.#texts.filter((one) => textOf(one).includes(wanted)).map(({ entry }) => entry)
  }
}

/** Made when it is first asked for: of a hundred thousand it takes a while. */
function textOf(one: { entry: PageEntry; text: string }): string {
  const { kind, lane, text, data } = one.entry
  one.text ||= `${kind} ${lane} ${text} ${data}`.toLowerCase()
  return one.text
}
