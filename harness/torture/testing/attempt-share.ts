import { describe, expect, test } from 'vitest'
import { findRows } from '../rows.js'
import { firstChecks, runRow } from '../run-row.js'
import { kept } from '../state.js'

/** ms; on a busy machine one case may take minutes. */
const timeout = 900_000

/** Tests of the rows of these names: what their shares (ms) allow of the small amounts, and what failed once. */
export async function attemptShares(shares: Readonly<Record<string, number>>): Promise<void> {
  const rows = (await findRows()).filter(({ name }) => name in shares)
  describe.each(rows)('$name', (row) => {
    const missing = row.missing?.()
    const time = shares[row.name] ?? 0

    test('holds what must hold, as far as its time goes', { timeout }, async ({ skip }) => {
      skip(missing !== undefined, missing)
      const run = await runRow(row, { seed: 1, amount: row.amounts.small, time })
      expect(run.failures).toEqual([])
      expect(run.done).toBeGreaterThan(0)
      const checked = firstChecks(row)
      const said = [`${row.name}: ${run.done} of ${run.amount} done`, row.report?.(), checked.text]
      process.stdout.write(`${said.filter(Boolean).join('; ')}\n`)
      expect(checked.enough, checked.text).toBe(true)
    })

    test.runIf(kept(row.name).length > 0)('holds it where it once did not', { timeout }, async ({ skip }) => {
      skip(missing !== undefined, missing)
      // eslint-disable-next-line @typescript-eslint/no-unused-vars -- held until the last of them
      await using _opened = await row.open?.()
      for (const { seed } of kept(row.name)) await row.attempt(seed)
    })
  })
}
