import { createReadStream } from 'node:fs'
import type { Entry, Lane } from './entry.js'

/** A timeline as it was found. */
export interface ReadTimeline {
  /** In order of time; what lasted stands where it began. */
  entries: Entry[]
  /** What had begun and has not ended: the process that wrote it was killed, or writes still. */
  unfinished: Entry[]
  /** Lines that are none of this format. */
  damaged: number
}

/**
 * What a timeline says, also one whose writer was killed: a last line that is torn is passed over.
 * @throws the system's error when the file cannot be read.
 */
export async function readTimeline(path: string): Promise<ReadTimeline> {
  const lines = new TimelineLines()
  const entries: Entry[] = []
  for await (const piece of createReadStream(path)) entries.push(...lines.add(piece as Buffer))
  return { ...inOrder(entries), damaged: lines.damaged }
}

/** Puts entries in order of time, and beginnings and ends together. */
export function inOrder(entries: readonly Entry[]): Pick<ReadTimeline, 'entries' | 'unfinished'> {
  const ended = new Set(entries.filter(({ end }) => end !== undefined).map(identity))
  const sorted = entries.toSorted((a, b) => a.t - b.t)
  const begun = (entry: Entry): boolean =>
    entry.kind !== 'fault' && entry.data?.phase === 'begin' && entry.end === undefined
  const unfinished = gathered(sorted.filter((entry) => begun(entry) && !ended.has(identity(entry))))
  return { entries: sorted.filter((entry) => !begun(entry)), unfinished }
}

/** One entry for each: a wait that lasts says again and again what it has seen. */
function gathered(begun: readonly Entry[]): Entry[] {
  const all = new Map<string, Entry>()
  for (const entry of begun) {
    const before = all.get(identity(entry))
    if (entry.kind === 'wait' && before?.kind === 'wait' && entry.data && before.data)
      before.data.observations = [...before.data.observations, ...entry.data.observations]
    else all.set(identity(entry), structuredClone(entry))
  }
  return [...all.values()]
}

const identity = ({ t, lane, kind, text }: Entry): string => `${t} ${lane} ${kind} ${text}`

/** Makes entries of the bytes of a timeline, which may come in any pieces. */
export class TimelineLines {
  /** Lines that were none. */
  damaged = 0
  #rest: Buffer[] = []

  add(piece: Buffer): Entry[] {
    const end = piece.lastIndexOf('\n') + 1
    if (end === 0) {
      this.#rest.push(piece)
      return []
    }
    const whole = Buffer.concat([...this.#rest, piece.subarray(0, end)])
    this.#rest = [piece.subarray(end)]
    return whole
      .toString()
      .split('\n')
      .flatMap((line) => (line === '' ? [] : this.#parse(line)))
  }

  #parse(line: string): Entry[] {
    const entry = parseEntry(line)
    if (entry) return [entry]
    this.damaged += 1
    return []
  }
}

/** Kinds and data are as they were written: a later stackrig may know more of them. */
function parseEntry(line: string): Entry | undefined {
  try {
    const value = JSON.parse(line) as Record<string, unknown> | null
    if (typeof value !== 'object' || value === null) return undefined
    const { t, end, lane, kind, text, data } = value
    if (typeof t !== 'number' || typeof kind !== 'string' || typeof text !== 'string') return undefined
    if (!isLane(lane) || !['number', 'undefined'].includes(typeof end)) return undefined
    if (data !== undefined && (typeof data !== 'object' || data === null)) return undefined
    return value as unknown as Entry
  } catch {
    return undefined
  }
}

const isLane = (lane: unknown): lane is Lane =>
  typeof lane === 'string' && /^(scenario|harness|api|network|browser|node:.+)$/s.test(lane)
