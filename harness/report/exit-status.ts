import type { StackrigError } from '../errors/index.js'
import { failureOf } from './failure.js'
import { classOfOutcome, runSucceeded, type FailureClass, type Run } from './run.js'

const statuses: Record<FailureClass, number> = { product: 1, scenario: 1, host: 3, harness: 4 }

/**
 * The exit status of a run: 0; 1 for failures of the product or a scenario, and for a run that ran nothing; 3 for those of
 * the host; 4 for those of the harness. Of several the smallest: whoever reads 3 or 4 knows that nothing else failed.
 */
export function exitStatus(run: Run): number {
  if (runSucceeded(run)) return 0
  const failed = run.outcomes.flatMap((outcome) => classOfOutcome(outcome) ?? [])
  return failed.length === 0 ? 1 : Math.min(...failed.map((one) => statuses[one]))
}

/** The exit status of a command that was ended by an error: 2 for wrong use, otherwise as that of a run. */
export function exitStatusOf(error: StackrigError): number {
  return error.class === 'usage' ? 2 : statuses[failureOf(error).class]
}
