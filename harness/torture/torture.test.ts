import { describe, expect, test } from 'vitest'
import { findRows } from './rows.js'
import { runRow } from './run-row.js'
import { kept } from './state.js'

/** Rows that need no machine, and ms that each may take of the minute that all have together. */
const cheap: Record<string, number> = {
  endpoints: 10_000,
  'flood-http': 10_000,
  parsers: 15_000,
  regexes: 10_000,
  text: 8000,
}

const rows = await findRows()

test('every cheap row is there', () => {
  expect(rows.map(({ name }) => name)).toEqual(expect.arrayContaining(Object.keys(cheap)))
})

describe.each(rows.filter(({ name }) => name in cheap))('$name', (row) => {
  test('holds what must hold, as far as its time goes', { timeout: 120_000 }, async () => {
    const run = await runRow(row, { seed: 1, amount: row.amounts.small, time: cheap[row.name] ?? 0 })
    expect(run.failures).toEqual([])
    expect(run.done).toBeGreaterThan(0)
    process.stdout.write(
      `${row.name}: ${run.done} of ${run.amount} done${row.report ? `; ${row.report()}` : ''}\n`,
    )
  })

  test('holds it where it once did not', { timeout: 120_000 }, async () => {
    for (const { seed } of kept(row.name)) await row.attempt(seed)
  })
})

test('a row that fails says with which seed', async () => {
  const odd = {
    name: 'odd',
    amounts: { small: 5, nightly: 5 },
    attempt: (seed: number) => (seed % 2 === 1 ? Promise.reject(new Error('odd')) : Promise.resolve()),
  }
  const run = await runRow(odd, { seed: 10, amount: 5, time: 1000 })
  expect(run).toMatchObject({ done: 5, failures: [{ seed: 11, message: 'odd' }, { seed: 13 }] })
})
