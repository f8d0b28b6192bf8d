import * as z from 'zod'
import { escapeHtml } from './escape-html.js'
import type { Results } from './results-json.js'

const resultSchema = z.enum(['passed', 'passed late', 'failed', 'hung', 'invariant broken'])

const rowSchema = z.object({
  test: z.string(),
  /** Of the outermost steps, from 1. */
  step: z.number(),
  stepName: z.string(),
  fault: z.string(),
  result: resultSchema,
  /** ms */
  duration: z.number(),
  /** The first line of its failure. */
  cause: z.string().optional(),
  /** Folder of the run. */
  folder: z.string(),
})

/** One run of a test with a fault after one of its steps. */
export type SweepRow = z.infer<typeof rowSchema>

export const sweepSchema = z.object({
  format: z.literal('stackrig-sweep'),
  version: z.literal(1),
  scenario: z.string(),
  /** The tests with steps, as they ran without a fault. */
  plain: z.array(z.object({ test: z.string(), duration: z.number(), steps: z.array(z.string()) })),
  rows: z.array(rowSchema),
})

/** What is known of a sweep so far. */
export type Sweep = z.infer<typeof sweepSchema>

/** The tests that have steps, and their outermost steps. */
export function plainOf({ tests }: Pick<Results, 'tests'>): Sweep['plain'] {
  return tests
    .filter(({ state, steps = [] }) => state === 'passed' && steps.length > 0)
    .map(({ name, duration, steps = [] }) => ({
      test: name,
      duration,
      steps: steps.filter(({ depth }) => depth === 0).map((step) => step.name),
    }))
}

/**
 * What became of a test whose run had a fault. It is late when it took longer than without by more than the fault's time and
 * half of its own.
 * @param lasts ms
 */
export function rowOf(
  test: Results['tests'][number],
  plain: Sweep['plain'][number],
  { step, fault, lasts, folder }: { step: number; fault: string; lasts: number; folder: string },
): SweepRow {
  const { state, duration, errors } = test
  const late = duration > plain.duration * 1.5 + lasts
  const [first] = errors
  const failure = (): SweepRow['result'] => {
    if (errors.some(({ code }) => code === 'INVARIANT_BROKEN')) return 'invariant broken'
    return /^Test timed out in/.test(first?.message ?? '') ? 'hung' : 'failed'
  }
  const result = state === 'passed' ? (late ? 'passed late' : 'passed') : failure()
  const cause =
    state === 'passed'
      ? undefined
      : [first?.message.split('\n')[0] ?? state, first?.step && `in step ${first.step}`]
  return {
    ...{ test: test.name, step, stepName: plain.steps[step - 1] ?? '', fault, result, duration, folder },
    ...(cause && { cause: cause.filter(Boolean).join(', ') }),
  }
}

/** The sweep as a page: for each test a table of its steps and the faults. */
export function sweepPage({ scenario, plain, rows }: Sweep): string {
  const faults = [...new Set(rows.map(({ fault }) => fault))]
  const cell = (row: SweepRow | undefined): string =>
    row
      ? `<td class="${row.result.replace(' ', '-')}" title="${escapeHtml(row.cause ?? '')}">${row.result}<br>${seconds(row.duration)}${
          row.cause === undefined ? '' : `<br><small>${escapeHtml(row.cause)}</small>`
        }</td>`
      : '<td></td>'
  const table = ({ test, duration, steps }: Sweep['plain'][number]): string =>
    `<h2>${escapeHtml(test)}</h2><p>without a fault ${seconds(duration)}</p>
<table><tr><th>after step</th>${faults.map((fault) => `<th>${escapeHtml(fault)}</th>`).join('')}</tr>
${steps
  .map((name, index) => {
    const of = (fault: string): SweepRow | undefined =>
      rows.find((row) => row.test === test && row.step === index + 1 && row.fault === fault)
    return `<tr><th>${index + 1} ${escapeHtml(name)}</th>${faults.map((fault) => cell(of(fault))).join('')}</tr>`
  })
  .join('\n')}</table>`
  return `<!doctype html><meta charset="utf-8"><title>sweep of ${escapeHtml(scenario)}</title>
<style>body{font:15px sans-serif;margin:2em}td,th{border:1px solid #999;padding:.4em;text-align:left;vertical-align:top}table{border-collapse:collapse}
.passed{background:#dfd}.passed-late{background:#ffd}.failed,.hung{background:#fdd}.invariant-broken{background:#fdf}</style>
<h1>sweep of ${escapeHtml(scenario)}</h1>
${plain.map(table).join('\n')}
`
}

const seconds = (ms: number): string => `${Math.round(ms / 1000)} s`
