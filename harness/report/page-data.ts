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

/** One entry of a timeline; harness/timeline has what stands in `data`. */
export interface PageEntry {
  t: number
  end?: number
  lane: string
  kind: string
  text: string
  data?: Record<string, unknown>
}

/** The element that holds a test's timeline. */
export const timelineId = (id: string): string => `timeline-${id}`
