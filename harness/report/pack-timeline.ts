import type { Entry } from '../timeline/index.js'
import type { PackedTimeline } from './page-data.js'

/** @param entries in order of time */
export function packTimeline(entries: readonly Entry[]): PackedTimeline {
  const lanes = new Map<string, number>()
  const kinds = new Map<string, number>()
  return {
    times: entries.map(({ t }, n) => t - (entries[n - 1]?.t ?? 0)),
    lengths: entries.map(({ t, end }) => (end === undefined ? -1 : Math.max(end - t, 0))),
    lane: entries.map(({ lane }) => indexIn(lanes, lane)),
    kind: entries.map(({ kind }) => indexIn(kinds, kind)),
    texts: entries.map(({ text }) => text),
    data: entries.map(({ data }) => (data === undefined ? '' : JSON.stringify(data))),
    bad: entries.flatMap((entry, n) => (isBad(entry) ? [n] : [])),
    lanes: [...lanes.keys()],
    kinds: [...kinds.keys()],
  }
}

function indexIn(names: Map<string, number>, name: string): number {
  const known = names.get(name)
  if (known === undefined) names.set(name, names.size)
  return known ?? names.size - 1
}

/** What failed by itself, before anybody judged it. */
function isBad({ kind, data }: Entry): boolean {
  if (kind === 'error') return true
  if (kind === 'command') return data?.status !== 0
  if (kind === 'call') return data?.status === undefined || data.status >= 500
  if (kind === 'step' || kind === 'wait') return data?.status === 'failed'
  return kind === 'log' && data?.priority !== undefined && data.priority <= 3
}
