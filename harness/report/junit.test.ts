import { expect, test } from 'vitest'
import { junitXml } from './junit.js'
import type { Outcome, Run } from './run.js'
import { requireWellFormed } from './testing/well-formed.js'

const outcome: Outcome = {
  kind: 'test',
  project: 'scenarios',
  file: 'scenarios/nova.scenario.ts',
  name: 'boots',
  tags: [],
  state: 'passed',
  duration: 1500,
  failures: [],
}

const runOf = (...outcomes: Outcome[]): Run => ({
  started: new Date(0),
  duration: 2000,
  interrupted: false,
  files: [],
  outcomes,
})

test('whatever a message says, the file is well-formed', () => {
  const bytes = Array.from({ length: 0x2100 }, (_, code) => String.fromCharCode(code)).join('')
  const hostile = [
    bytes,
    ']]></failure><testcase name="forged"/>',
    '\u{D800} half a pair \u{DFFF}',
    '\u{FFFE}\u{FFFF}\0',
    '\x1b]0;title\x07\x1b[31mred',
    '&amp; & "quoted" <!-- comment --> <![CDATA[ \'',
  ]
  for (const text of hostile) {
    const failure = { class: 'host' as const, message: text, stack: text, diff: text }
    const failed = {
      ...outcome,
      name: text,
      file: text,
      state: 'failed' as const,
      failures: [failure, failure],
    }
    const skipped = { ...outcome, project: text, state: 'skipped' as const, note: text }
    const xml = junitXml(runOf(failed, skipped, { ...outcome, evidence: text }), '/')
    expect(() => requireWellFormed(xml)).not.toThrow()
    expect(xml.match(/<testcase /g)).toHaveLength(3)
  }
})

test('the checker of this file knows what is not well-formed', () => {
  for (const xml of ['<a>', '<a></b>', '<a b="<"/>', '<a>&b;</a>', '<a>\0</a>'])
    expect(() => requireWellFormed(xml)).toThrow()
})

test('product and scenario give a failure, host and harness an error, and each says its class and code', () => {
  const failed = (failure: Outcome['failures'][number]): Outcome => ({
    ...outcome,
    state: 'failed',
    failures: [failure],
  })
  const xml = junitXml(
    runOf(
      failed({ class: 'product', code: 'API_FAILED', message: 'no answer' }),
      failed({ class: 'scenario', message: 'expected 1' }),
      failed({ class: 'host', code: 'HOST_DISK', message: 'no room' }),
      failed({ class: 'harness', message: 'undefined' }),
      { ...outcome, state: 'not run' },
    ),
    '/',
  )
  expect(xml).toContain('<failure type="product" message="API_FAILED no answer">')
  expect(xml).toContain('<failure type="scenario" message="expected 1">')
  expect(xml).toContain('<error type="host" message="HOST_DISK no room">')
  expect(xml).toContain('<error type="harness" message="undefined">')
  expect(xml).toContain('<testsuites name="stackrig" tests="5" failures="2" errors="2" time="2.000">')
  expect(xml).toContain('skipped="1"')
})
