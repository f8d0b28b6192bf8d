import { humanDuration } from '../duration.js'
import type { Entry } from '../timeline/index.js'
import { clean, short } from './failure-lines.js'

/** Columns of the name of a lane. */
const laneWidth = 12

/** One entry as a line of `stackrig watch`: the time of the host's clock, the lane, and what happened. */
export function watchLine(entry: Entry, width: number): { time: string; place: string; words: string } {
  const { t, end, lane, kind, text } = entry
  const time = new Date(t).toTimeString().slice(0, 8)
  const place = short(clean(lane.replace(/^node:/, '')), laneWidth).padEnd(laneWidth)
  const took = end === undefined ? '' : ` (${humanDuration(end - t)})`
  const room = Math.max(20, width - time.length - laneWidth - 2)
  return { time, place, words: short(clean(`${kind}: ${text}${resultOf(entry)}${took}`), room) }
}

/** What an entry's own text leaves out. */
function resultOf({ kind, data }: Entry): string {
  if (data === undefined) return ''
  if (kind === 'command' || kind === 'call') return ` -> ${data.status ?? data.error ?? '…'}`
  if (kind === 'step') return ` ${data.status ?? 'begins'}`
  if (kind === 'wait')
    return data.status === undefined ? `: ${data.observations.at(-1)?.text ?? ''}` : ` ${data.status}`
  if (kind === 'log') return ` [${data.unit ?? data.file ?? ''}]`
  return ''
}
