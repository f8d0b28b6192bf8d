import type { PackedTimeline, PageEntry } from '../page-data.js'

/** In order of time. */
export function unpackTimeline(packed: PackedTimeline): PageEntry[] {
  const { lanes, kinds, times, lengths, lane, kind, texts, data } = packed
  const bad = new Set(packed.bad)
  let t = 0
  return times.map((since, n) => {
    t += since
    const length = lengths[n] ?? -1
    return {
      t,
      end: length < 0 ? undefined : t + length,
      lane: lanes[lane[n] ?? -1] ?? '',
      kind: kinds[kind[n] ?? -1] ?? '',
      text: texts[n] ?? '',
      data: data[n] ?? '',
      bad: bad.has(n),
    }
  })
}
