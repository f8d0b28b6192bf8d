import type { TestOptions } from 'vitest'
import { StackrigError } from '../errors/index.js'

/** A defect that a scenario is known to show. Plain data: it travels to the reporter with the test. */
export interface KnownIssue {
  id: string
  /** What the failure says, a regular expression. */
  says: { source: string; flags: string }
  /** The last day on which the failure is expected, `2027-03-01`. */
  until: string
  url?: string
}

/** How a scenario is known to fail. Options of vitest's, as `tags`, go beside it. */
export interface KnownIssueOptions extends TestOptions {
  /** Recognises the failure by its message: another one is no known issue. */
  says: RegExp
  /** The last day on which the failure is expected, `2027-03-01`: from the next day on it fails the run. */
  until: string
  /** Where the issue is followed. */
  url?: string
}

declare module 'vitest' {
  interface TaskMeta {
    issue?: KnownIssue
  }
}

/**
 * Marks a scenario as known to fail, for the time being:
 *
 *     test('…', bug('1234567', { says: /No valid host/, until: '2027-03-01', url }), async ({ cloud }) => …)
 *
 * It is reported as known while it fails with what it says; it fails the run when it fails otherwise, when the day has passed,
 * and when it passes.
 * @throws StackrigError USAGE when the issue has no id, or `until` is no day
 */
export function bug(id: string, { says, until, url, ...options }: KnownIssueOptions): TestOptions {
  const day = /^\d{4}-\d{2}-\d{2}$/.test(until) && !Number.isNaN(Date.parse(until))
  if (id.trim() === '' || !day || !(says instanceof RegExp)) {
    throw new StackrigError(
      'USAGE',
      'a known issue must have an id, what the failure says, and the last day',
      {
        seen: JSON.stringify({ id, says: String(says), until }),
        next: "bug('1234567', { says: /No valid host/, until: '2027-03-01' })",
      },
    )
  }
  const { source, flags } = says
  const issue: KnownIssue = { id, says: { source, flags }, until, ...(url !== undefined && { url }) }
  return { ...options, meta: { ...options.meta, issue } }
}
