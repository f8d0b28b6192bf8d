import { expect, test } from 'vitest'
import { cleanRunsFor, passingRate, rateText } from './rate.js'

/** The chance of exactly `k` of `n`. */
function binomial(k: number, n: number, p: number): number {
  let ways = 1
  for (let i = 1; i <= k; i++) ways = (ways * (n - k + i)) / i
  return ways * p ** k * (1 - p) ** (n - k)
}

test('the interval is the one of the books', () => {
  // Newcombe, "Two-sided confidence intervals for the single proportion", 1998, table I, method 3.
  const known = [
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ] as const
  for (const [passed, of, from, to] of known) {
    expect(passingRate(passed, of)?.from).toBeCloseTo(from, 4)
    expect(passingRate(passed, of)?.to).toBeCloseTo(to, 4)
  }
})

test('it holds the true rate about 95 times in 100, whatever that is', () => {
  for (const p of [0.3, 0.5, 0.8, 0.9]) {
    let covered = 0
    for (let k = 0; k <= 50; k++) {
      const { from = 1, to = 0 } = passingRate(k, 50) ?? {}
      if (from <= p && p <= to) covered += binomial(k, 50, p)
    }
    expect(covered).toBeGreaterThan(0.92)
    expect(covered).toBeLessThan(0.98)
  }
})

test('of no runs nothing is known, and of good ones alone not all', () => {
  expect(passingRate(0, 0)).toBeUndefined()
  expect(passingRate(20, 20)?.to).toBe(1)
  expect(passingRate(20, 20)?.from).toBeLessThan(0.85)
  const rate = passingRate(18, 20)
  expect(rate && rateText(rate)).toBe('18 of 20 passed, 90 % (Wilson 95 %: 69.9 % to 97.2 %)')
})

test('so many clean runs make a fix believable, and one fewer does not', () => {
  for (const rate of [0.001, 0.01, 0.05, 0.1, 0.25, 0.5, 0.9, 0.95, 0.99]) {
    const runs = cleanRunsFor(rate)
    expect((1 - rate) ** runs).toBeLessThanOrEqual(0.05 + 1e-12)
    if (runs > 1) expect((1 - rate) ** (runs - 1)).toBeGreaterThan(0.05)
  }
  expect(cleanRunsFor(0.1)).toBe(29)
  expect(cleanRunsFor(0.95)).toBe(1)
})
