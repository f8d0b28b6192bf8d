/** What a person did while it was recorded, in order. Nothing here is a secret: whoever makes a note has taken those out. */
export type Note = CommandNote | ProgramNote | CallNote | PageNote | MarkNote | StepNote | GapNote

/** What has to be done before a command, so that it finds what it found: `cd /etc`, `export A=1`, or a value of an earlier command's. */
export type Before = { text: string } | { variable: string; value: string }

/** A command on a node. */
export interface CommandNote extends Lasting {
  kind: 'command'
  node: string
  command: string
  before: readonly Before[]
  /** The variable of the shell that its output became: `id=$(command)`. */
  assigns?: string
  /** Undefined when it did not come to its end: the node was lost. */
  exitCode?: number
  stdout: string
  stderr: string
}

/** A program of this machine, as `openstack`, in the cluster's network. What it asked of services stands in notes of its calls. */
export interface ProgramNote extends Lasting {
  kind: 'program'
  command: string
  exitCode: number
  output: string
}

/** A call over HTTP that a program of this machine made. */
export interface CallNote extends Lasting {
  kind: 'call'
  method: string
  url: string
  /** The microversion that was asked for, `compute 2.79`. */
  version?: string
  /** The JSON of the request. */
  json?: unknown
  /** Bytes of a request that was no JSON. */
  size?: number
  /** Undefined without an answer. */
  status?: number
  /** The JSON of the answer, or else its text. */
  answer?: unknown
}

/** Something done with a page of the browser. */
export interface PageNote extends Lasting {
  kind: 'page'
  action: 'open' | 'click' | 'fill' | 'choose' | 'check' | 'uncheck' | 'press'
  /** A selector of Playwright's; of `open` the address. */
  at: string
  /** What was typed or chosen; undefined where that was a secret. */
  value?: string
}

/** What a person says of the last thing that was seen. */
export interface MarkNote {
  kind: 'mark'
  /** It must have this text, or must not; or its exit status, or that of HTTP, must be this. */
  expects: { text: string; not: boolean } | { status: number }
}

/** What follows is a part of the scenario with this name. */
export interface StepNote {
  kind: 'step'
  name: string
}

/** Something that a scenario cannot do again; why. */
export interface GapNote extends Lasting {
  kind: 'gap'
  what: string
  why: string
}

export interface Lasting {
  /** ms since 1970 */
  began: number
  /** ms since 1970 */
  ended: number
}
