import { expect, test } from 'vitest'
import type { Results } from './results-json.js'
import { plainOf, rowOf, sweepPage } from './sweep.js'

type Test = Results['tests'][number]

const ran = (more: Partial<Test> = {}): Test => ({
  ...{
    kind: 'test',
    project: 'scenarios',
    file: 'nova',
    name: 'boots',
    tags: [],
    state: 'passed',
    duration: 1000,
    errors: [],
  },
  ...more,
})
const step = (name: string, depth = 0, n = 1): NonNullable<Test['steps']>[number] => ({
  ...{ n, depth, name, state: 'passed', started: '', duration: 1 },
})
const [plain] = plainOf({
  tests: [ran({ steps: [step('upload'), step('ask', 1), step('boot', 0, 2)] }), ran({ name: 'no steps' })],
})
if (!plain) throw new Error('no test has steps')

const run = { step: 2, fault: 'cut:compute', lasts: 500, folder: 'results/x' }

test('tests with steps are swept, over their outermost ones', () => {
  expect(plain).toEqual({ test: 'boots', duration: 1000, steps: ['upload', 'boot'] })
})

test('a run is told from another by how it ended, and how late', () => {
  const error = (message: string, code?: string): Test['errors'] => [
    { class: 'product', message, ...(code && { code }) },
  ]
  const result = (more: Partial<Test>): string => rowOf(ran(more), plain, run).result
  expect(result({})).toBe('passed')
  expect(result({ duration: 2000 })).toBe('passed')
  expect(result({ duration: 2001 })).toBe('passed late')
  expect(result({ state: 'failed', errors: error('Test timed out in 900000ms.') })).toBe('hung')
  expect(result({ state: 'failed', errors: error('no valid host', 'UNEXPECTED_STATE') })).toBe('failed')
  expect(result({ state: 'failed', errors: error('a port has no owner', 'INVARIANT_BROKEN') })).toBe(
    'invariant broken',
  )
  expect(rowOf(ran({ state: 'failed', errors: error('first\nsecond') }), plain, run).cause).toBe('first')
})

test('the page has a row for each step, and shows what a guest said as text', () => {
  const failed = ran({ state: 'failed', errors: [{ class: 'product', message: '<script>' }] })
  const page = sweepPage({
    ...{
      format: 'stackrig-sweep',
      version: 1,
      scenario: 'nova',
      plain: [plain],
      rows: [rowOf(failed, plain, run)],
    },
  })
  expect(page).toContain('1 upload')
  expect(page).toContain('&#60;script&#62;')
  expect(page).not.toContain('<script>')
})
