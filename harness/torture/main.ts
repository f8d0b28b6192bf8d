// `npm run torture -- [--amount small|nightly] [--only ROW] [--minutes N] [--seed S]`
import { loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { humanDuration } from '../duration.js'
import { StackrigError } from '../errors/index.js'
import { findRows, type ReportingRow } from './rows.js'
import { runRow } from './run-row.js'
import { nextSeed, noteRun } from './state.js'

const { values } = parseArgs({
  options: {
    amount: { type: 'string', default: 'small' },
    only: { type: 'string' },
    minutes: { type: 'string' },
    seed: { type: 'string' },
  },
})

const rows = await findRows()
const chosen = values.only === undefined ? rows : rows.filter(({ name }) => name === values.only)
if (chosen.length === 0) {
  throw new StackrigError('USAGE', `there must be a row ${values.only ?? ''}`, {
    seen: rows.map(({ name }) => name).join(', '),
  })
}
if (values.amount !== 'small' && values.amount !== 'nightly') {
  throw new StackrigError('USAGE', '--amount must be small or nightly', { seen: values.amount })
}
const time = values.minutes === undefined ? Infinity : number('--minutes', values.minutes) * 60_000
for (const row of chosen) await torture(row, values.amount)

/** One row, alone for as long as it may take. */
async function torture(row: ReportingRow, amount: 'small' | 'nightly'): Promise<void> {
  const seed = values.seed === undefined ? nextSeed(row.name) : number('--seed', values.seed)
  const started = performance.now()
  const loads = [loadavg()[0] ?? 0]
  const run = await runRow(row, { seed, amount: row.amounts[amount], time })
  loads.push(loadavg()[0] ?? 0)
  if (values.seed === undefined) noteRun(row.name, run)
  const took = humanDuration(performance.now() - started)
  process.stdout.write(
    `${row.name}: seed ${seed}, ${run.done} of ${run.amount} done, ${run.failures.length} failed, ${took}, ` +
      `load of the machine ${loads.map((load) => load.toFixed(1)).join(' to ')}\n`,
  )
  if (row.report) process.stdout.write(`  ${row.report()}\n`)
  for (const failure of run.failures) process.stdout.write(`  seed ${failure.seed}: ${failure.message}\n`)
  if (run.failures.length > 0) process.exitCode = 1
}

function number(option: string, text: string): number {
  const value = Number(text)
  if (Number.isFinite(value) && value >= 0) return value
  throw new StackrigError('USAGE', `${option} must be a number`, { seen: text })
}
