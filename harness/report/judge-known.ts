import type { KnownIssue } from '../scenario/index.js'
import type { Failure, Outcome } from './run.js'

/**
 * What becomes of a test with a known issue: `known` while it fails as it is known to; failed otherwise, also when it passes,
 * since then the mark is wrong.
 * @param now whose day, where the run is, is the last one or not
 */
export function judgeKnown(outcome: Outcome, issue: KnownIssue, now: Date): Outcome {
  const { id, until, url } = issue
  const marked: Outcome = { ...outcome, issue: { id, until, ...(url !== undefined && { url }) } }
  if (outcome.state === 'passed') {
    return failed(marked, `fixed: the known issue ${id} does not show any more; take its mark away`)
  }
  if (outcome.state !== 'failed') return marked
  const says = new RegExp(issue.says.source, issue.says.flags.replaceAll(/[gy]/g, ''))
  if (!outcome.failures.some(({ message }) => says.test(message))) {
    return failed(marked, `it must fail as the known issue ${id} does, which says ${String(says)}`)
  }
  if (dayOf(now) > until) return failed(marked, `the known issue ${id} was expected until ${until}`)
  return { ...marked, state: 'known' }
}

/** What a mark has to say stands after the failure itself, which says who has to act. */
export function failed(outcome: Outcome, message: string): Outcome {
  const failure: Failure = { class: 'scenario', message }
  return { ...outcome, state: 'failed', failures: [...outcome.failures, failure] }
}

const two = (value: number): string => String(value).padStart(2, '0')

/** The day of a time, where this machine is: `2026-12-31`. */
export const dayOf = (now: Date): string =>
  `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`
