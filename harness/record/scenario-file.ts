import { dirname } from 'node:path'
import { hostFault } from '../errors/index.js'
import { makeFolder } from '../make-folder.js'
import { replaceFile } from '../replace-file.js'
import { actsOf } from './acts.js'
import type { Subject } from './draft.js'
import { formatted } from './format.js'
import type { Note } from './note.js'
import { scenarioSource } from './scenario-source.js'

/** The file of a scenario that is being recorded. It is written after every note: whatever ends the recording takes nothing with it. */
export class ScenarioFile {
  /** Where it lies, once it was written. */
  path: string | undefined
  readonly #place: () => string
  readonly #subject: Subject
  #writing: Promise<void> | undefined
  #next: readonly Note[] | undefined
  #failure: unknown
  /** What should be in it. */
  text = ''

  /** @param place says where it is to lie, when it is first written: another recording may have been faster */
  constructor(place: () => string, subject: Subject) {
    this.#place = place
    this.#subject = subject
  }

  /** Writes it soon. */
  update(notes: readonly Note[]): void {
    this.#next = notes
    this.#writing ??= this.#write().finally(() => (this.#writing = undefined))
  }

  /** Resolves when it is written. @throws StackrigError HOST_DISK, HOST_FOLDER */
  async settle(): Promise<void> {
    while (this.#writing) await this.#writing
    if (this.#failure !== undefined)
      throw hostFault(this.#failure, 'the scenario must be written', this.path ?? 'scenarios/')
  }

  async #write(): Promise<void> {
    while (this.#next) {
      const notes = this.#next
      this.#next = undefined
      try {
        this.text = scenarioSource(actsOf(notes), this.#subject)
        const path = this.path ?? this.#place()
        this.text = await formatted(this.text, path)
        makeFolder(dirname(path))
        replaceFile(path, this.text)
        this.path = path
        this.#failure = undefined
      } catch (error) {
        this.#failure = error
      }
    }
  }
}
