import type { EntryKind, EntryOfKind, NewEntry } from './entry.js'

/** What can be told what happens; `TimelineFile` writes it down. Telling it never fails and never waits. */
export interface Timeline {
  add(...entries: NewEntry[]): void
}

/** For a cluster that no scenario looks after: nothing is written. */
export const noTimeline: Timeline = { add: () => undefined }

type Lasting = Extract<EntryKind, 'step' | 'wait' | 'command' | 'call'>
type Told<Kind extends Lasting> = Pick<EntryOfKind<Kind>, 'lane' | 'kind' | 'text'> & {
  data: NonNullable<EntryOfKind<Kind>['data']>
}

/**
 * Writes that something long begins. What it gives back writes its end, with what is known by then; both have the same time
 * of beginning and the same text, by which readers put them together.
 */
export function begin<Kind extends Lasting>(
  timeline: Timeline,
  entry: Told<Kind>,
  t = Date.now(),
): (end: Partial<Told<Kind>['data']>) => void {
  timeline.add({ ...entry, t, data: { ...entry.data, phase: 'begin' } } as NewEntry)
  return (end) => timeline.add({ ...entry, t, end: Date.now(), data: { ...entry.data, ...end } } as NewEntry)
}
