import { expect, test } from 'vitest'
import { findRows } from './rows.js'
import { firstChecks, runRow } from './run-row.js'
import { longestTogether, withMachines, withoutMachines } from './shares.js'
import { attemptShares } from './testing/attempt-share.js'

await attemptShares(withoutMachines)

test('every row has a share of `npm test`, and all together have three minutes', async () => {
  const shares = { ...withoutMachines, ...withMachines }
  expect((await findRows()).map(({ name }) => name)).toEqual(Object.keys(shares).sort())
  expect(Object.values(shares).reduce((sum, share) => sum + share, 0)).toBeLessThanOrEqual(longestTogether)
})

const odd = {
  name: 'odd',
  amounts: { small: 5, nightly: 5 },
  attempt: (seed: number) => (seed % 2 === 1 ? Promise.reject(new Error('odd')) : Promise.resolve()),
}

test('a row that fails says with which seed', async () => {
  const run = await runRow(odd, { seed: 10, amount: 5, time: 1000 })
  expect(run).toMatchObject({ done: 5, failures: [{ seed: 11, message: 'odd' }, { seed: 13 }] })
})

test('what a row stands on is made before its first case, and gone after its last', async () => {
  const happened: string[] = []
  const gone = { [Symbol.asyncDispose]: () => Promise.resolve(void happened.push('gone')) }
  const row = {
    ...odd,
    open: () => Promise.resolve((happened.push('made'), gone)),
    attempt: (seed: number) => Promise.resolve(void happened.push(String(seed))),
  }
  await runRow(row, { seed: 1, amount: 2, time: 1000 })
  expect(happened).toEqual(['made', '1', '2', 'gone'])
})

test('half of the fuzzed inputs must get past the first check', () => {
  const past = (count: number) =>
    firstChecks({ ...odd, firstChecks: () => ({ x: { cases: 400, past: count } }) })
  expect(past(200)).toEqual({ text: 'past the first check: x 50 %', enough: true })
  expect(past(199)).toMatchObject({ enough: false })
})
