import { expect, test } from 'vitest'
import type { Outcome, Run } from './run.js'
import { countLines, failureList, testTable } from './summary.js'

const outcome = (change: Partial<Outcome>): Outcome => ({
  kind: 'test',
  project: 'scenarios',
  file: 'scenarios/nova.scenario.ts',
  name: 'an instance boots',
  tags: [],
  state: 'passed',
  duration: 2000,
  failures: [],
  ...change,
})

const runOf = (...outcomes: Outcome[]): Run => ({
  started: new Date(0),
  duration: 2000,
  interrupted: false,
  files: [],
  outcomes,
})

const options = { width: 80, colour: false, from: '/project' }

test('a failure is told as its error told it: where, who has to act, what was wanted and seen, and its evidence', () => {
  const failed = outcome({
    state: 'failed',
    failures: [
      {
        ...{ class: 'product', code: 'WAIT_TIMEOUT' },
        message: '\nit must come\n  where: one\n  seen:  nothing\n         then something\n  next:  look',
      },
      { class: 'host', message: 'later' },
    ],
    evidence: '/project/results/x/nova/boots',
  })
  const report = '/project/results/latest/report.html'
  expect(failureList(runOf(outcome({}), failed), { ...options, report })).toEqual([
    `✗ nova: an instance boots${' '.repeat(40)}product, 2.00 s`,
    '  wanted       WAIT_TIMEOUT it must come',
    '  seen         then something',
    '  also         later',
    '  evidence     results/x/nova/boots',
    '  report       results/latest/report.html#nova-2',
  ])
})

test('what the timeline tells comes first: the first cause, what follows, what was waited for and seen', () => {
  const long =
    'nova-compute on compute last reported 3 min ago: Nova thinks that it is down, so that no host is left'
  const failed = outcome({
    state: 'failed',
    failures: [{ class: 'product', code: 'WAIT_TIMEOUT', message: 'it must come' }],
    story: {
      findings: [
        {
          what: 'compute cannot reach controller:5672 (AMQP): controller drops it',
          where: 'compute',
          proof: ['-s 192.168.7.4 -p tcp --dport 5672 -j DROP'],
          explains: [long, 'more', 'and more'],
        },
      ],
      unseen: ['the files of compute: it said nothing for 30 s', 'the logs of compute'],
      wanted: 'server web to become ACTIVE, within 10 min 00 s',
      seen: 'status BUILD for 71 s, then ERROR for 0.10 s',
    },
    evidence: '/project/results/x/nova/boots',
  })
  expect(failureList(runOf({ ...failed, canRewind: true }), options).slice(1)).toEqual([
    '  first cause  compute cannot reach controller:5672 (AMQP): controller drops it',
    '               -s 192.168.7.4 -p tcp --dport 5672 -j DROP',
    '  so           nova-compute on compute last reported 3 min ago: Nova thinks that',
    '               it is down, so that no host is left',
    '               (2 more)',
    '  not looked   the files of compute: it said nothing for 30 s (1 more)',
    '  wanted       server web to become ACTIVE, within 10 min 00 s',
    '  seen         status BUILD for 71 s, then ERROR for 0.10 s',
    '  go there     npx stackrig rewind latest nova',
    '  evidence     results/x/nova/boots',
  ])
})

test('a failure says which step it was in, or after which it came', () => {
  const boot = { n: 1, depth: 0, name: 'boot', state: 'passed' as const, started: new Date(0), duration: 1 }
  const failed = outcome({ state: 'failed', steps: [boot], failures: [{ class: 'scenario', message: 'no' }] })
  expect(failureList(runOf(failed), options)[0]).toMatch(/ {2}scenario, 2\.00 s, after step 1 "boot"$/)
  const inside = outcome({
    state: 'failed',
    failures: [{ class: 'scenario', message: 'no', step: '2 "ask" › "wait"' }],
    steps: [boot, { ...boot, n: 2, name: 'ask', state: 'failed' }],
  })
  expect(failureList(runOf(inside), options)[0]).toMatch(/ {2}scenario, 2\.00 s, in step 2 "ask" › "wa…$/)
})

test('a failure that can be entered says how, by a name that no other has', () => {
  const failed = (change: Partial<Outcome>): Outcome =>
    outcome({ state: 'failed', canRewind: true, failures: [{ class: 'product', message: 'no' }], ...change })
  const goThere = (...outcomes: Outcome[]): string[] =>
    failureList(runOf(...outcomes), options).filter((line) => line.includes('go there'))
  expect(goThere(failed({}), outcome({}))).toEqual(['  go there     npx stackrig rewind latest nova'])
  expect(goThere(failed({}), failed({ name: 'it is deleted' }))).toEqual([
    "  go there     npx stackrig rewind latest 'an instance boots'",
    "  go there     npx stackrig rewind latest 'it is deleted'",
  ])
  const keys = ['the keys of tokens belong to root', 'the keys of the house are lost'].map((name) =>
    failed({ name }),
  )
  expect(goThere(...keys)).toEqual([
    "  go there     npx stackrig rewind latest 'the keys of tokens'",
    "  go there     npx stackrig rewind latest 'the keys of the'",
  ])
})

test('what a node said does not act on the terminal, and no line is longer than it', () => {
  const message = `\x1b[2J\x1b]0;title\x07${'x'.repeat(200)}\x9b31m\r`
  const failed = outcome({
    state: 'failed',
    name: `a\x1b[31m\x07${'n'.repeat(200)}`,
    failures: [{ class: 'host', message: `${message}\n  seen:  ${message}` }],
    evidence: `/project/${message}`,
    story: {
      findings: [message, message].map((what) => ({
        what,
        where: what,
        proof: [what, what],
        explains: [what],
      })),
    },
    steps: [{ n: 1, depth: 0, name: message, state: 'failed', started: new Date(0), duration: 1 }],
  })
  expect(failureList(runOf(failed), options).length).toBeLessThanOrEqual(12)
  for (const line of [...failureList(runOf(failed), options), ...testTable(runOf(failed), options)]) {
    expect(line).not.toMatch(/\p{Cc}/u)
    expect(line.length).toBeLessThanOrEqual(80)
  }
})

test('the last line counts what passed and failed, those before it what did not run', () => {
  const states = ['passed', 'passed', 'failed', 'skipped', 'not run'] as const
  const run = runOf(...states.map((state) => outcome({ state })))
  expect(countLines({ ...run, interrupted: true }, 'tagged slow')).toEqual([
    'interrupted',
    '1 not run (an interruption or a failure came before)',
    '1 left out (tagged slow)',
    '2 passed, 1 failed',
  ])
  expect(countLines(runOf(outcome({})), '')).toEqual(['1 passed, 0 failed'])
})
