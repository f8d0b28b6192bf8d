import { expect, test } from 'vitest'
import { annotations } from './annotations.js'
import type { Outcome } from './run.js'

const failed: Outcome = {
  ...{ kind: 'test', project: 'scenarios', file: 'scenarios/nova.scenario.ts', name: 'it, boots: 100%' },
  ...{ tags: [], state: 'failed', duration: 1 },
  failures: [
    {
      ...{ class: 'product', code: 'WAIT_TIMEOUT', message: 'it must come\n::error::no 100%\r\n\x1b[2J' },
      stack: 'Error\n    at f (/x/harness/a.ts:1:1)\n    at /x/scenarios/nova.scenario.ts:12:34',
    },
  ],
}

test('each failure is one line, with file and line, in which nothing begins another', () => {
  expect(annotations({ outcomes: [{ ...failed, state: 'passed' }, failed] })).toEqual([
    '::error file=scenarios/nova.scenario.ts,line=12,title=nova%3A it%2C boots%3A 100%25::' +
      'product WAIT_TIMEOUT%0Ait must come%0A::error::no 100%25\\x0d%0A',
  ])
})

test('what the timeline tells takes the place of the message', () => {
  const story = {
    findings: [{ what: 'it is dropped', where: 'cloud', proof: [], explains: [] }],
    ...{ wanted: 'ACTIVE', seen: 'BUILD' },
  }
  const [line] = annotations({ outcomes: [{ ...failed, file: '', story }] })
  expect(line).toBe(
    '::error title=it%2C boots%3A 100%25::product WAIT_TIMEOUT%0Afirst cause: it is dropped%0Awanted: ACTIVE%0Aseen: BUILD',
  )
})
