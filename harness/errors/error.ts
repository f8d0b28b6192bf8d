import { codes, type ErrorClass, type ErrorCode } from './codes.js'

export interface ErrorDetails {
  /** Where it was seen: a node, a file and line, a command. */
  where?: string | undefined
  /** What was seen there: last output, log lines, the state; may have many lines. */
  seen?: string | undefined
  /** What to do next, best as a command. */
  next?: string | undefined
  cause?: unknown
}

/** An error with a documented code; its text says what was wanted, where, what was seen, and what to do next. */
export class StackrigError extends Error {
  readonly code: ErrorCode
  readonly class: ErrorClass

  constructor(code: ErrorCode, wanted: string, details: ErrorDetails = {}) {
    super(errorText(wanted, details), details.cause === undefined ? {} : { cause: details.cause })
    this.name = 'StackrigError'
    this.code = code
    this.class = codes[code].class
  }
}

function errorText(wanted: string, { where, seen, next }: ErrorDetails): string {
  const lines = [wanted]
  if (where) lines.push(`  where: ${where}`)
  if (seen) lines.push(`  seen:  ${seen.trimEnd().replaceAll('\n', '\n         ')}`)
  if (next) lines.push(`  next:  ${next.replaceAll('\n', '\n         ')}`)
  return lines.join('\n')
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
