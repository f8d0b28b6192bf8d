import type { Entry, Lane } from './entry.js'

/**
 * A timeline in the form that Perfetto and chrome://tracing open: what lasts as a complete event, all else as an instant, each
 * lane a thread ("Trace Event Format", https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU).
 * What has not ended ends with the last entry.
 */
export function chromeTrace(entries: readonly Entry[], unfinished: readonly Entry[] = []): string {
  const lanes = [...new Set([...entries, ...unfinished].map(({ lane }) => lane))].toSorted(byRank)
  const last = Math.max(0, ...entries.slice(-1).map(({ t, end = t }) => end))
  const names = lanes.flatMap((lane, index) => [
    metadata('thread_name', index, { name: lane }),
    metadata('thread_sort_index', index, { sort_index: index }),
  ])
  const events = [
    ...entries.map((entry) => traceEvent(entry, lanes)),
    ...unfinished.map((entry) => traceEvent({ ...entry, end: Math.max(last, entry.t) }, lanes)),
  ]
  const lines = [...names, ...events].map((event) => JSON.stringify(event))
  return `{"displayTimeUnit":"ms","traceEvents":[\n${lines.join(',\n')}\n]}\n`
}

const process = 1

const metadata = (name: string, tid: number, args: object): object => ({
  ...{ name, ph: 'M', pid: process, tid, args },
})

/** Times are in µs. */
function traceEvent({ t, end, lane, kind, text, data = {} }: Entry, lanes: readonly Lane[]): object {
  const place = { name: text, cat: kind, ts: Math.round(t * 1000), pid: process, tid: lanes.indexOf(lane) }
  if (end === undefined) return { ...place, ph: 'i', s: 't', args: data }
  return { ...place, ph: 'X', dur: Math.round((end - t) * 1000), args: data }
}

const order = ['scenario', 'harness', 'browser', 'api', 'network']

/** Nodes stand below all the others, by their names. */
function byRank(a: Lane, b: Lane): number {
  const rank = (lane: Lane): number => (order.includes(lane) ? order.indexOf(lane) : order.length)
  return rank(a) - rank(b) || a.localeCompare(b)
}
