import { StackrigError } from '../errors/index.js'
import type { Verdict } from './halving.js'

/** What several runs with the same packages came to. */
export interface Tally {
  passed: number
  failed: number
  /** First cause of the first failure. */
  cause?: string | undefined
  /** Why there were no runs: what its images could not be built of. */
  unbuilt?: string | undefined
  /** Where the log of a build that failed is kept. */
  log?: string | undefined
}

/**
 * One that now passes and now fails says nothing, nor does one that fails of something else than what is looked for.
 * @param wanted first cause of the failures with the bad lock; without it any counts
 */
export function verdictOfTally(tally: Tally, wanted?: string): Verdict {
  const { passed, failed } = tally
  if (passed > 0 === failed > 0 || isOther(tally, wanted)) return 'skipped'
  return passed > 0 ? 'passed' : 'failed'
}

const isOther = ({ failed, cause }: Tally, wanted: string | undefined): boolean =>
  failed > 0 && wanted !== undefined && cause !== wanted

/** For people. @param wanted as of `verdictOfTally` */
export function tallyText(tally: Tally, wanted?: string): string {
  const { passed, failed, cause, unbuilt } = tally
  if (unbuilt !== undefined) return `could not be built: ${unbuilt}`
  const why = cause === undefined ? '' : `, ${cause}`
  if (passed > 0 && failed > 0) return `failed in ${failed} of ${passed + failed} runs${why}`
  return `${verdictOfTally(tally)}${why}${isOther(tally, wanted) ? ' (of something else than with the bad lock)' : ''}`
}

/** Refuses an end that is not what it was said to be. @throws StackrigError USAGE, IMAGE_BUILD_FAILED */
export function requireEnd(
  end: 'good' | 'bad',
  tally: Tally,
  { scenario, lock }: { scenario: string; lock: string },
): void {
  const { passed, failed, unbuilt } = tally
  const verdict = verdictOfTally(tally)
  if (verdict === (end === 'good' ? 'passed' : 'failed')) return
  if (unbuilt !== undefined)
    throw new StackrigError(
      'IMAGE_BUILD_FAILED',
      `The images of the ${end} lock must be such as can be built.`,
      {
        where: lock,
        seen: [unbuilt, ...(tally.log === undefined ? [] : [`log: ${tally.log}`])].join('\n'),
        next: 'start again if a mirror did not answer or a disk was full; recipes are those of this checkout: otherwise take the one that the lock was written with',
      },
    )
  if (verdict === 'skipped')
    throw new StackrigError(
      'USAGE',
      'what is bisected must always pass with the one lock and always fail with the other',
      {
        where: `${scenario} with ${lock}`,
        seen: `${passed} runs passed, ${failed} failed${tally.cause === undefined ? '' : `: ${tally.cause}`}`,
        next: `npx stackrig test ${scenario} --repeat 20 says how often it fails`,
      },
    )
  const [wanted, next] =
    end === 'good'
      ? ['pass with the good lock', 'it fails of something else than these packages, or needs an older lock']
      : ['fail with the bad lock', 'it fails of something else than these packages']
  throw new StackrigError('USAGE', `what is bisected must ${wanted}`, {
    where: `${scenario} with ${lock}`,
    seen: tallyText(tally),
    next,
  })
}
