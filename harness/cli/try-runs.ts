import { errorCodes, StackrigError } from '../errors/index.js'
import type { Tally } from '../bisect/index.js'
import { firstCause, verdictOf, type Results } from '../report/index.js'
import { requireUnmarked } from './require-unmarked.js'
import { runApart } from './run-apart.js'

/** After so many runs that say nothing, for the host or stackrig itself failed, there is no use in going on. */
const mostUnclear = 3

/**
 * Runs tests several times, one after the other, each in a process of its own.
 * @param words what stands after `stackrig test`
 * @param label what the names of the folders of results end with, before a number
 * @throws StackrigError USAGE when no test runs, or one is marked as known to fail; that of the last run when too many say nothing
 */
export async function tryRuns(
  words: readonly string[],
  { runs, label, environment }: { runs: number; label: string; environment: Record<string, string> },
): Promise<Tally> {
  const tally: Tally = { passed: 0, failed: 0 }
  for (let n = 1, unclear = 0; tally.passed + tally.failed < runs; n++) {
    const { results, folder } = await runApart([...words, '--label', `${label}-${n}`], {
      environment,
      shown: true,
    })
    if (results.exitStatus !== 0 && results.failed + results.notRun === 0)
      throw new StackrigError('USAGE', 'there must be tests that run', { where: folder })
    requireUnmarked({ results }, 'what is bisected')
    const verdict = isUnbuilt(results) ? 'unclear' : verdictOf(results)
    if (verdict === 'clean') tally.passed += 1
    else if (verdict === 'failed') {
      tally.failed += 1
      tally.cause ??= causeOf(results)
    } else if (++unclear >= mostUnclear) throw unclearError(results, folder)
  }
  return tally
}

/** What is wrong with the images says nothing of the scenario. */
const isUnbuilt = ({ tests }: Results): boolean =>
  tests.some(({ errors }) => errors.some(({ code }) => code === 'IMAGE_BUILD_FAILED'))

function causeOf({ tests }: Results): string | undefined {
  const failed = tests.find(({ state }) => state === 'failed')
  return failed && firstCause(failed)
}

function unclearError({ tests, exitStatus }: Results, folder: string): StackrigError {
  const [error] = tests.flatMap(({ errors }) => errors)
  const code = errorCodes.find((one) => one === error?.code) ?? 'INTERNAL'
  return new StackrigError(code, 'the runs of a try must say something of the scenario', {
    where: folder,
    seen: error?.message ?? `exit status ${exitStatus}`,
  })
}
