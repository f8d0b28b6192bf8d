import { expect, test } from 'vitest'
import type { Entry } from '../timeline/index.js'
import { storyOf } from './story.js'

const wait = (wanted: string, status: 'passed' | 'failed', seen: [number, string][]): Entry => ({
  ...{ t: 1000, end: 73_000, lane: 'scenario', kind: 'wait', text: `wait for ${wanted}` },
  data: { wanted, status, observations: seen.map(([t, text]) => ({ t, text })) },
})

const failure = (message: string): { class: 'product'; message: string } => ({ class: 'product', message })

const read = (entries: Entry[], unfinished: Entry[] = []) => ({ entries, unfinished, damaged: 0 })

test('the wait that a failure names says what was wanted, and what was seen for how long', () => {
  const entries = [
    wait('a port', 'failed', [[1000, 'closed']]),
    wait('server web to become ACTIVE', 'failed', [
      [1000, 'status BUILD'],
      [72_000, 'ERROR\nwith a reason'],
    ]),
    wait('another', 'failed', [[1000, 'no']]),
  ]
  expect(storyOf(read(entries), [failure('waited 72 s for server web to become ACTIVE, which …')])).toEqual({
    findings: [],
    wanted: 'server web to become ACTIVE, within 72 s',
    seen: 'status BUILD for 71 s, then ERROR for 1.00 s',
  })
})

test('a scenario that took too long is told by what it waited for last, also when that never ended', () => {
  const open = wait('the end', 'failed', [[2000, 'not yet']])
  delete open.end
  expect(
    storyOf(read([wait('a port', 'failed', [])], [open]), [failure('Test timed out in 900ms.')]),
  ).toEqual({
    findings: [],
    wanted: 'the end, within 0.00 s',
    seen: expect.stringMatching(/^not yet for /) as string,
  })
})

test('a failure that is no wait’s has findings only, as far as they are of the known form', () => {
  const finding = (data: Record<string, unknown>): Entry => ({
    ...{ t: 1, lane: 'harness', kind: 'finding', text: 'a rule drops it', data },
  })
  const unseen: Entry = {
    ...{ t: 2, lane: 'scenario', kind: 'note', text: 'not found out' },
    data: { unseen: ['the files of two'] },
  }
  const entries = [
    wait('a port', 'failed', [[1, 'closed']]),
    finding({ proof: ['-j DROP', 7], explains: 'nothing', where: 'two\u0007', since: 'long', mends: 7 }),
    finding({ where: 'two', since: 5, mends: 'iptables -D' }),
    unseen,
  ]
  expect(storyOf(read(entries), [failure('expected 1 to be 2')])).toEqual({
    findings: [
      { what: 'a rule drops it', where: 'two\\x07', proof: ['-j DROP'], explains: [] },
      {
        ...{ what: 'a rule drops it', where: 'two', since: 5 },
        ...{ proof: [], explains: [], mends: 'iptables -D' },
      },
    ],
    unseen: ['the files of two'],
  })
})
