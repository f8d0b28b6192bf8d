/** How often something passed, and between what bounds the true rate is believed to lie. */
export interface Rate {
  passed: number
  of: number
  /** From 0 to 1. */
  rate: number
  from: number
  to: number
}

/** The normal distribution's quantile for 95 %, two-sided. */
const z = 1.959964

/** How sure one wants to be of a fix: the chance that a fault which is still there stays unseen. */
const unseen = 0.05

/**
 * A rate with Wilson's score interval at 95 % (Wilson, "Probable inference", 1927), which holds for few runs, and for rates of 0 and 1,
 * too. Undefined of no runs.
 */
export function passingRate(passed: number, of: number): Rate | undefined {
  if (of === 0) return undefined
  const rate = passed / of
  const spread = 1 + z ** 2 / of
  const centre = (rate + z ** 2 / (2 * of)) / spread
  const half = (z / spread) * Math.sqrt((rate * (1 - rate)) / of + z ** 2 / (4 * of ** 2))
  return { passed, of, rate, from: Math.max(0, centre - half), to: Math.min(1, centre + half) }
}

/** `18 of 20 passed, 90 % (Wilson 95 %: 69.9 % to 97.2 %)` */
export const rateText = ({ passed, of, rate, from, to }: Rate): string =>
  `${passed} of ${of} passed, ${percent(rate)} (Wilson 95 %: ${percent(from)} to ${percent(to)})`

export const percent = (share: number): string => `${Number((share * 100).toFixed(1))} %`

/**
 * So many runs in a row have to pass before one believes that what failed at this rate is mended: `(1 - rate) ** n <= 0.05`.
 * @param rate above 0, and below 1
 */
export function cleanRunsFor(rate: number): number {
  const runs = Math.ceil(Math.log(unseen) / Math.log(1 - rate))
  // A logarithm is not exact: where n runs are enough by the rule itself, it may say one more.
  return Math.max(1, (1 - rate) ** (runs - 1) <= unseen + 1e-12 ? runs - 1 : runs)
}
