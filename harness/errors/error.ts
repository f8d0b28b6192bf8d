import { codes, type ErrorClass, type ErrorCode } from './codes.js'
import { forPeople } from './text.js'

export interface ErrorDetails {
  /** Where it was seen: a node, a file and line, a command. */
  where?: string | undefined
  /** What was seen there: last output, log lines, the state; may have many lines. */
  seen?: string | undefined
  /** What to do next, best as a command. */
  next?: string | undefined
  cause?: unknown
}

/**
 * An error with a documented code; its text says what was wanted, where, what was seen, and what to do next. Whatever it was
 * given, its text and its cause's may be shown to a person: `forPeople` made them.
 */
export class StackrigError extends Error {
  readonly code: ErrorCode
  readonly class: ErrorClass

  constructor(code: ErrorCode, wanted: string, details: ErrorDetails = {}) {
    super(
      errorText(wanted, details),
      details.cause === undefined ? {} : { cause: causeForPeople(details.cause) },
    )
    this.name = 'StackrigError'
    this.code = code
    this.class = codes[code].class
  }
}

function errorText(wanted: string, { where, seen, next }: ErrorDetails): string {
  // Each for itself first: of a long one its own beginning and end are kept.
  const lines = [forPeople(wanted)]
  if (where) lines.push(`  where: ${indented(where)}`)
  if (seen) lines.push(`  seen:  ${indented(seen.trimEnd())}`)
  if (next) lines.push(`  next:  ${indented(next)}`)
  return forPeople(lines.join('\n'))
}

function indented(text: string): string {
  return forPeople(text).replaceAll('\n', '\n         ')
}

/** Vitest and Node print causes with all that hangs on them, as what a program wrote to its standard error. */
function causeForPeople(cause: unknown, depth = 0): unknown {
  if (cause instanceof StackrigError) return cause
  if (!(cause instanceof Error)) return forPeople(String(cause))
  const inner = cause.cause === undefined || depth > 3 ? undefined : causeForPeople(cause.cause, depth + 1)
  const shown = new Error(forPeople(cause.message), inner === undefined ? {} : { cause: inner })
  shown.name = forPeople(cause.name)
  if (cause.stack !== undefined) shown.stack = forPeople(cause.stack)
  const { code } = cause as { code?: unknown }
  return typeof code === 'string' ? Object.assign(shown, { code: forPeople(code) }) : shown
}

/** The message of anything that was thrown, for people. */
export function messageOf(error: unknown): string {
  return forPeople(error instanceof Error ? error.message : String(error))
}
