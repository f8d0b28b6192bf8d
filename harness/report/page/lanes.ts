import type { PageEntry } from '../page-data.js'

/** One row of the picture: what lasts in lines below each other, what does not as marks in the lowest. */
export interface Lane {
  name: string
  /** In order of their beginnings. */
  spans: Span[]
  marks: PageEntry[]
  /** ms since 1970, of each mark: of a hundred thousand, much faster to go through than the entries. */
  times: Float64Array
  /** Lines that its spans need. */
  depth: number
  /** Px from the top of the picture. */
  top: number
  height: number
}

export interface Span {
  entry: PageEntry
  line: number
}

export const lineHeight = 18
const markHeight = 14
const titleHeight = 16
/** Of more lines that last at the same time, the last one shows the rest. */
const mostLines = 6

const order = ['scenario', 'harness', 'api', 'browser', 'network']

/** Sorts a timeline into lanes: the scenario first, the nodes last, by name. */
export function lanesOf(entries: readonly PageEntry[]): Lane[] {
  const byLane = Map.groupBy(
    entries.filter(({ kind }) => kind !== 'test'),
    ({ lane }) => lane,
  )
  const place = (name: string): number => (order.includes(name) ? order.indexOf(name) : order.length)
  const names = [...byLane.keys()].toSorted((a, b) => place(a) - place(b) || (a < b ? -1 : 1))
  let top = 0
  return names.map((name) => {
    const all = byLane.get(name) ?? []
    const spans = inLines(all.filter(({ end }) => end !== undefined))
    const marks = all.filter(({ end }) => end === undefined)
    const depth = Math.max(0, ...spans.map(({ line }) => line + 1))
    const height = titleHeight + depth * lineHeight + (marks.length > 0 ? markHeight : 0) + 6
    const times = Float64Array.from(marks, ({ t }) => t)
    const lane = { name: name.replace(/^node:/, ''), spans, marks, times, depth, top, height }
    top += height
    return lane
  })
}

/** Where a lane's line of spans, or its marks, begins, px. */
export const lineTop = (lane: Lane, line: number): number => lane.top + titleHeight + line * lineHeight
export const marksTop = (lane: Lane): number => lineTop(lane, lane.depth)

function inLines(spans: PageEntry[]): Span[] {
  const ends: number[] = []
  // Of those that begin together the longest stands above: steps above what was done in them.
  const sorted = spans.toSorted((a, b) => a.t - b.t || (b.end ?? b.t) - (a.end ?? a.t))
  return sorted.map((entry) => {
    const free = ends.findIndex((end) => end <= entry.t)
    const line = Math.min(free === -1 ? ends.length : free, mostLines - 1)
    ends[line] = Math.max(ends[line] ?? 0, entry.end ?? entry.t)
    return { entry, line }
  })
}

/** The first of the entries that begins at or after a time. */
export function firstFrom(entries: readonly PageEntry[], t: number): number {
  let low = 0
  let high = entries.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((entries[middle]?.t ?? 0) < t) low = middle + 1
    else high = middle
  }
  return low
}
