/** What a report knows of a run: written into the page as JSON, and read there. Plain data. */
export interface PageData {
  /** ms since 1970 */
  started: number
  /** ms */
  duration: number
  interrupted: boolean
  /** `12 passed, 1 failed`, and what else there is to say, a line each. */
  counts: string[]
  tests: PageTest[]
}

export interface PageTest {
  /** Its place in the page: `report.html#nova-1`. */
  id: string
  file: string
  name: string
  state: 'passed' | 'failed' | 'known' | 'skipped' | 'not run'
  /** The known issue that it is marked with. */
  issue?: { id: string; until: string; url?: string }
  /** Of a failed one: who has to act. */
  class?: string
  code?: string
  /** ms since 1970 */
  started?: number
  /** ms */
  duration: number
  /** Why it was left out. */
  note?: string
  /** Where in its steps it failed. */
  place?: string
  /** Why it failed; the first one is the first cause. */
  findings: PageFinding[]
  /** What the diagnosis could not find out. */
  unseen: string[]
  /** The command that leads to where it failed. */
  goThere?: string
  failures: { message: string; diff?: string; stack?: string }[]
  steps: PageStep[]
  /** Folder of its evidence, from the page's own. */
  evidence?: string
  /** Whether the page has its timeline, under `timelineId`. */
  timeline: boolean
  /** Pictures of its browser by their names, as data URLs. */
  pictures: Record<string, string>
}

/** What the diagnosis noticed: what, in its own words, and what shows it. */
export interface PageFinding {
  what: string
  where: string
  /** ms since 1970 */
  since?: number
  proof: string[]
  explains: string[]
  mends?: string
}

export interface PageStep {
  n: number
  depth: number
  name: string
  state: 'passed' | 'failed'
  /** ms since 1970 */
  started: number
  /** ms */
  duration: number
}

/** One entry of a timeline. */
export interface PageEntry {
  t: number
  /** Of what lasts. */
  end: number | undefined
  lane: string
  kind: string
  text: string
  /** All that it has to say, as JSON: harness/timeline has what stands in it. Empty when that is all. */
  data: string
  /** Whether it failed by itself, before anybody judged it. */
  bad: boolean
}

/**
 * A timeline as columns: a hundred thousand entries take a third of the room, and a quarter of the time to read, of as many
 * objects; what one entry has to say in full is read when somebody looks at it.
 */
export interface PackedTimeline {
  lanes: string[]
  kinds: string[]
  /** ms since the entry before; of the first, since 1970. */
  times: number[]
  /** ms; -1 of what does not last. */
  lengths: number[]
  /** Indexes into `lanes`. */
  lane: number[]
  /** Indexes into `kinds`. */
  kind: number[]
  texts: string[]
  data: string[]
  /** Indexes of entries that are. */
  bad: number[]
}

/** The element that holds a test's timeline. */
export const timelineId = (id: string): string => `timeline-${id}`
