/** What is so of a node or a cloud: subject -> value, by kind. Subjects and values are what a guest said. */
export class Facts {
  readonly #kinds = new Map<string, Map<string, string>>()

  add(kind: string, subject: string, value: string): void {
    const of = this.#kinds.get(kind) ?? new Map<string, string>()
    this.#kinds.set(kind, of)
    of.set(subject, value)
  }

  get(kind: string, subject: string): string | undefined {
    return this.#kinds.get(kind)?.get(subject)
  }

  of(kind: string): ReadonlyMap<string, string> {
    return this.#kinds.get(kind) ?? new Map()
  }

  get kinds(): string[] {
    return [...this.#kinds.keys()]
  }

  get size(): number {
    return [...this.#kinds.values()].reduce((sum, of) => sum + of.size, 0)
  }

  /** As a list that JSON can hold: names of guests are no keys of objects. */
  toJSON(): [string, [string, string][]][] {
    return [...this.#kinds].map(([kind, of]) => [kind, [...of]])
  }

  static from(entries: readonly (readonly [string, readonly (readonly [string, string])[]])[]): Facts {
    const facts = new Facts()
    for (const [kind, of] of entries) for (const [subject, value] of of) facts.add(kind, subject, value)
    return facts
  }
}
