import type { CommandNote, MarkNote, Note, PageNote, ProgramNote } from './note.js'

/** What was done so far. */
export class Recording {
  readonly notes: Note[] = []
  readonly #changed: () => void
  /** The text of the page that is open, where something was done with one. */
  pageText: (() => Promise<string>) | undefined

  /** @param changed called after every note */
  constructor(changed: () => void) {
    this.#changed = changed
  }

  add(note: Note): void {
    this.notes.push(note)
    this.#changed()
  }

  /** Notes what the last thing seen should be; for people, whether it is so. */
  async expect(expects: MarkNote['expects']): Promise<string> {
    const seen = this.#lastSeen()
    if (!seen) return 'there is nothing yet that was seen'
    this.add({ kind: 'mark', expects })
    if ('status' in expects) {
      const status = seen.kind === 'page' ? undefined : seen.exitCode
      if (status === undefined) return 'a page has no exit status'
      return status === expects.status
        ? 'it is so'
        : `it is not: it exited ${status}; the scenario will fail here`
    }
    const has = (await this.#textOf(seen)).includes(expects.text)
    return has === expects.not ? 'it is not so: the scenario will fail here' : 'it is so'
  }

  #lastSeen(): CommandNote | ProgramNote | PageNote | undefined {
    return this.notes.findLast(
      (note) => note.kind === 'command' || note.kind === 'program' || note.kind === 'page',
    )
  }

  async #textOf(seen: CommandNote | ProgramNote | PageNote): Promise<string> {
    if (seen.kind === 'command') return seen.stdout + seen.stderr
    return seen.kind === 'program' ? seen.output : ((await this.pageText?.()) ?? '')
  }
}
