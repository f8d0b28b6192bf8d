import type { EntryKind, EntryOfKind, NewEntry } from './entry.js'

/** What can be told what happens; `TimelineFile` writes it down. Telling it never fails and never waits. */
export interface Timeline {
  add(...entries: NewEntry[]): void
}

/** For a cluster that no scenario looks after: nothing is written. */
export const noTimeline: Timeline = { add: () => undefined }

type Lasting = Extract<EntryKind, 'command' | 'call'>
type Told<Kind extends Lasting> = Pick<EntryOfKind<Kind>, 'lane' | 'kind' | 'text'> & {
  data: NonNullable<EntryOfKind<Kind>['data']>
}

/** ms after which something that still lasts is told of. */
const long = 1000

/**
 * Tells of something that may last: when it has ended and, if it lasts for longer than a second, before. Both entries have the
 * same time of beginning and the same text, by which readers put them together.
 * @returns tells that it has ended, with what is known by then
 */
export function lasting<Kind extends Lasting>(
  timeline: Timeline,
  entry: Told<Kind>,
): (end: Partial<Told<Kind>['data']>) => void {
  const t = Date.now()
  const told = (more: object): void => timeline.add({ ...entry, t, ...more } as NewEntry)
  const timer = setTimeout(() => told({ data: { ...entry.data, phase: 'begin' } }), long).unref()
  return (end) => {
    clearTimeout(timer)
    told({ end: Date.now(), data: { ...entry.data, ...end } })
  }
}
