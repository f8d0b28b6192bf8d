// `npm run torture -- [--amount small|nightly] [--only ROW] [--minutes N] [--seed S]`
import { loadavg, tmpdir } from 'node:os'
import { parseArgs } from 'node:util'
import { humanDuration } from '../duration.js'
import { StackrigError } from '../errors/index.js'
import { setEnvironment } from '../testing/environment.js'
import { passingFolder } from '../testing/passing-folder.js'
import type { Row } from './row.js'
import { findRows } from './rows.js'
import { firstChecks, runRow } from './run-row.js'
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
// Whatever a row makes goes with this process, also when a signal ends it in the middle of a case.
const folder = passingFolder(tmpdir())
setEnvironment({ TMPDIR: folder.path })
for (const row of chosen) await torture(row, values.amount)
folder[Symbol.dispose]()

/** One row, alone for as long as it may take. */
async function torture(row: Row, amount: 'small' | 'nightly'): Promise<void> {
  const missing = row.missing?.()
  if (missing !== undefined) {
    say(`${row.name}: left out, ${missing}`)
    return
  }
  const seed = values.seed === undefined ? nextSeed(row.name) : number('--seed', values.seed)
  const started = performance.now()
  const before = load()
  const run = await runRow(row, { seed, amount: row.amounts[amount], time })
  if (values.seed === undefined) noteRun(row.name, run)
  const took = humanDuration(performance.now() - started)
  say(
    `${row.name}: seed ${seed}, ${run.done} of ${run.amount} done, ${run.failures.length} failed, ${took}, ` +
      `load of the machine ${before} to ${load()}`,
  )
  const checked = firstChecks(row)
  for (const line of [row.report?.(), checked.text]) if (line) say(`  ${line}`)
  for (const failure of run.failures) say(`  seed ${failure.seed}: ${failure.message}`)
  if (!checked.enough) say('  fewer than half of the inputs got past the first check')
  if (run.failures.length > 0 || !checked.enough) process.exitCode = 1
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

function load(): string {
  return (loadavg()[0] ?? 0).toFixed(1)
}

function number(option: string, text: string): number {
  const value = Number(text)
  if (Number.isFinite(value) && value >= 0) return value
  throw new StackrigError('USAGE', `${option} must be a number`, { seen: text })
}
