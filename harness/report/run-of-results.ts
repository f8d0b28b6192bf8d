import { join, resolve } from 'node:path'
import { errorCodes, type ErrorClass } from '../errors/index.js'
import type { Results } from './results-json.js'
import type { Failure, Outcome, Run } from './run.js'

/** A run that is over, out of what it has written. @param folder where its `results.json` lies */
export function runOfResults(results: Results, folder: string): Run {
  const { started, duration, interrupted, laidOver, files, tests } = results
  return {
    ...{ started: new Date(started), duration, interrupted, files },
    ...(laidOver && { laidOver }),
    outcomes: tests.map((test) => outcomeOf(test, resolve(folder))),
  }
}

function outcomeOf(test: Results['tests'][number], folder: string): Outcome {
  const { kind, project, file, name, tags, state, started, duration, note, evidence, held, issue } = test
  const { timeline, story, steps, errors, canRewind } = test
  return {
    ...{ kind, project, file, name, tags, state, duration, failures: errors.map(failureOfResult) },
    ...(started !== undefined && { started: new Date(started) }),
    ...(note !== undefined && { note }),
    ...(evidence !== undefined && { evidence: join(folder, evidence) }),
    ...(timeline !== undefined && { timeline: join(folder, timeline) }),
    ...(canRewind && { canRewind }),
    ...(held && { held }),
    ...(issue && { issue: { id: issue.id, until: issue.until, ...(issue.url && { url: issue.url }) } }),
    ...(story && { story: storyOfResult(story) }),
    ...(steps && { steps: steps.map((step) => ({ ...step, started: new Date(step.started) })) }),
  }
}

function storyOfResult({
  findings,
  unseen,
  wanted,
  seen,
}: NonNullable<Results['tests'][number]['story']>): NonNullable<Outcome['story']> {
  return {
    findings,
    ...(unseen !== undefined && { unseen }),
    ...(wanted !== undefined && { wanted }),
    ...(seen !== undefined && { seen }),
  }
}

/** A code that is none of ours was written by another stackrig; what it says stays. */
function failureOfResult(error: Results['tests'][number]['errors'][number]): Failure {
  const { class: failureClass, message, stack, diff, step } = error
  const code = errorCodes.find((one) => one === error.code)
  return {
    ...{ class: failureClass, message },
    ...(code && { code, errorClass: error.errorClass as ErrorClass }),
    ...(stack !== undefined && { stack }),
    ...(diff !== undefined && { diff }),
    ...(step !== undefined && { step }),
  }
}
