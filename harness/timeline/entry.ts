/** Whose doing or saying an entry is: each is a row of its own wherever a timeline is drawn. */
export type Lane = 'scenario' | 'harness' | 'api' | 'network' | 'browser' | `node:${string}`

/** What an entry of each kind knows beside its text; docs/timeline.md describes it for people. */
export interface EntryData {
  /** The first entry of a file, with the scenario; and the last one, with how it ended. */
  test: { file: string; name: string; topology: string; status?: 'passed' | 'failed' }
  step: { n: number; depth: number; name: string; path: string[]; status?: 'passed' | 'failed' }
  wait: { wanted: string; observations: Observation[]; status?: 'passed' | 'failed' }
  /** `status` is the exit status; there is none when the command was given up. */
  command: {
    node: string
    command: string
    status?: number
    stdout?: string
    stderr?: string
    error?: string
  }
  /** `status` is that of HTTP; there is none when there was no answer. */
  call: {
    method: string
    url: string
    status?: number
    requestId?: string
    request?: string
    response?: string
    error?: string
  }
  /** A line of a node's serial console; the time is that of its arrival. */
  console: { node: string }
  /** A line of a log, by the unit or the file it stands in; the time is that of the log, by the host's clock. */
  log: { node: string; unit?: string; file?: string; priority?: number }
  qmp: { node: string; event: string; data?: unknown }
  power: { node: string; to: 'on' | 'off' }
  cable: { node: string; to: 'in' | 'out' }
  join: { node: string; address: string }
  /** `step` is the name it was taken under. */
  moment: { step: string; folder: string }
  fault: { fault: string; on: string; phase: 'begin' | 'end' }
  /** An action of Playwright's, or a picture, by its name in the folder of evidence. */
  browser: { action?: string; picture?: string; error?: string }
  /** Frames and bytes of one second, from -> to by address, with the lower port of the two. */
  packets: { pairs: PacketPair[]; leftOut?: number }
  /** What the diagnosis noticed; the diagnosis says what stands in it. */
  finding: Record<string, unknown>
  /** What the scenario failed of. */
  error: { message: string; code?: string; class?: string }
  /** What the timeline has to say of itself, as how much of it was left out; and what the diagnosis could not find out. */
  note: { leftOut?: Record<string, number>; unseen?: string[] }
}

export type EntryKind = keyof EntryData

/** Something that a wait saw, and when it saw it first. */
export interface Observation {
  /** ms since 1970, by the host's clock */
  t: number
  text: string
}

export interface PacketPair {
  from: string
  to: string
  protocol: string
  port?: number
  packets: number
  bytes: number
}

interface EntryOf<Kind extends EntryKind> {
  /** ms since 1970, by the host's clock */
  t: number
  /** When it ended, for what lasts: such an entry is written at its end. */
  end?: number
  lane: Lane
  kind: Kind
  /** One line for people. */
  text: string
  /** What lasts long is also written when it begins, with `phase`: its end may never come. */
  data?: EntryData[Kind] & { phase?: 'begin' | 'end' }
}

/** One line of a timeline. */
export type Entry = { [Kind in EntryKind]: EntryOf<Kind> }[EntryKind]

/** One kind of them. */
export type EntryOfKind<Kind extends EntryKind> = Extract<Entry, { kind: Kind }>

/** An entry as it is given to a timeline: without a time it is of now. */
export type NewEntry = { [Kind in EntryKind]: Omit<EntryOf<Kind>, 't'> & { t?: number } }[EntryKind]

/** The rows of nodes are called by their names. */
export const nodeLane = (name: string): Lane => `node:${name}`
