import { closeSync, fchmodSync, openSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { lineForPeople } from '../errors/index.js'
import { makeFolder } from '../make-folder.js'
import { boundedText, boundedValue, longestText, type Mask } from './bounded.js'
import type { NewEntry } from './entry.js'
import { FileBudget } from './file-budget.js'
import type { Timeline } from './timeline.js'

/** Bytes of one line: of an entry with more, its data is left out. */
const longestLine = 64 * 1024

interface TimelineFileOptions {
  /** Takes secrets out of whatever is written. */
  mask: Mask
  /** Bytes of the file; default 128 MiB. */
  limit?: number
}

/**
 * The timeline of a scenario: a line of JSON for each entry, with one write to the system each, so that what was told is in
 * the file however this process ends. Only its owner may read it.
 */
export class TimelineFile implements Timeline, Disposable {
  readonly path: string
  readonly #mask: Mask
  readonly #budget: FileBudget
  /** Undefined when it was closed, or could not be written any more. */
  #descriptor: number | undefined

  /** Begins the file anew, with its folder. */
  constructor(path: string, { mask, limit }: TimelineFileOptions) {
    this.path = path
    this.#mask = mask
    this.#budget = new FileBudget(limit)
    makeFolder(dirname(path))
    this.#descriptor = openSync(path, 'w', 0o600)
    // A file that was there keeps its mode otherwise.
    fchmodSync(this.#descriptor, 0o600)
  }

  add(...entries: NewEntry[]): void {
    const lines: Buffer[] = []
    for (const entry of entries) {
      const line = this.#line(entry)
      const { write, notice } = this.#budget.admit(entry, line.length)
      if (notice !== undefined) lines.push(this.#line({ lane: 'harness', kind: 'note', text: notice }))
      if (write) lines.push(line)
    }
    this.#write(lines)
  }

  /** Says how much was left out, if anything was, and closes the file; what is told afterwards is dropped. */
  close(): void {
    const { leftOut } = this.#budget
    const all = Object.values(leftOut).reduce((sum, count) => sum + count, 0)
    if (all > 0) {
      const text = `${all} entries were left out of this timeline`
      this.#write([this.#line({ lane: 'harness', kind: 'note', text, data: { leftOut } })])
    }
    if (this.#descriptor !== undefined) closeSync(this.#descriptor)
    this.#descriptor = undefined
  }

  [Symbol.dispose](): void {
    this.close()
  }

  #line({ t = Date.now(), end, lane, kind, text, data }: NewEntry): Buffer {
    const said = lineForPeople(boundedText(text, this.#mask, longestText))
    const entry = { t, ...(end !== undefined && { end }), lane, kind, text: said }
    const whole = data === undefined ? entry : { ...entry, data: boundedValue(data, this.#mask) }
    const line = Buffer.from(`${JSON.stringify(whole)}\n`)
    if (line.length <= longestLine) return line
    return Buffer.from(`${JSON.stringify({ ...entry, data: { leftOut: { bytes: line.length } } })}\n`)
  }

  /** A timeline that cannot be written any more, as on a full disk, must not be what a scenario fails of. */
  #write(lines: Buffer[]): void {
    if (this.#descriptor === undefined || lines.length === 0) return
    try {
      const all = Buffer.concat(lines)
      for (let written = 0; written < all.length;) written += writeSync(this.#descriptor, all, written)
    } catch {
      closeSync(this.#descriptor)
      this.#descriptor = undefined
    }
  }
}

/** The name of every scenario's timeline, in its folder of evidence. */
export const timelineName = 'timeline.jsonl'
