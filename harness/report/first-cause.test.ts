import { expect, test } from 'vitest'
import { firstCause } from './first-cause.js'
import type { Results } from './results-json.js'

type Test = Results['tests'][number]

const failed = (message: string, more: Partial<Test> = {}, code?: string): Test => ({
  ...{ kind: 'test', project: 'scenarios', file: 'nova', name: 'boots', tags: [], state: 'failed' },
  ...{ duration: 1, errors: [{ class: 'product', message, ...(code !== undefined && { code }) }] },
  ...more,
})

test('failures that differ in numbers only are of one cause', () => {
  const one = 'server 3f1c2b4e-1d2f-4c3b-9a8d-0123456789ab on 192.168.7.4:8774 must be ACTIVE within 2.5 min'
  const other = 'server 00000000-1d2f-4c3b-9a8d-0123456789ab on 192.168.7.2:8774 must be ACTIVE within 10 min'
  const cause = 'WAIT_TIMEOUT server # on # must be ACTIVE within # min'
  expect(firstCause(failed(`${one}\n  seen: 1`, {}, 'WAIT_TIMEOUT'))).toBe(cause)
  expect(firstCause(failed(`${other}\n  seen: 2`, {}, 'WAIT_TIMEOUT'))).toBe(cause)
})

test('words stay, though they have letters of hexadecimal digits only', () => {
  expect(firstCause(failed('the defaced facade of port-12 at deadbeef1'))).toBe(
    'the defaced facade of port-# at #',
  )
})

test('another code, or another first line, is another cause', () => {
  const causes = [
    failed('a', {}, 'WAIT_TIMEOUT'),
    failed('a', {}, 'SERVICE_DOWN'),
    failed('b', {}, 'SERVICE_DOWN'),
  ]
  expect(new Set(causes.map(firstCause)).size).toBe(3)
})

test('what the diagnosis found counts more than what was thrown', () => {
  const findings = [
    { what: 'controller drops port 5672\nof compute', where: 'controller', proof: [], explains: [] },
  ]
  expect(firstCause(failed('no valid host', { story: { findings } }))).toBe('controller drops port #')
  expect(firstCause(failed('no valid host', { story: { findings: [] } }))).toBe('no valid host')
  expect(firstCause(failed('', { errors: [] }))).toBe('failed')
})
