import { expect, test } from 'vitest'
import { chromeTrace } from './chrome-trace.js'
import type { Entry } from './entry.js'

const entries: Entry[] = [
  {
    t: 1000,
    end: 1500,
    lane: 'node:two',
    kind: 'command',
    text: 'true',
    data: { node: 'two', command: 'true' },
  },
  { t: 1200.5, lane: 'scenario', kind: 'note', text: '</script>"\\' },
]

test('what lasts has a duration, all else is an instant, and each lane is a thread with its name', () => {
  const step: Entry = {
    ...{ t: 1100, lane: 'scenario', kind: 'step', text: 'boot' },
    data: { n: 1, depth: 0, name: 'boot', path: ['boot'], phase: 'begin' },
  }
  const { traceEvents } = JSON.parse(chromeTrace(entries, [step])) as { traceEvents: unknown[] }
  expect(traceEvents).toMatchObject([
    { ph: 'M', name: 'thread_name', tid: 0, args: { name: 'scenario' } },
    { ph: 'M', name: 'thread_sort_index', tid: 0 },
    { ph: 'M', name: 'thread_name', tid: 1, args: { name: 'node:two' } },
    { ph: 'M', name: 'thread_sort_index', tid: 1 },
    { ph: 'X', name: 'true', cat: 'command', ts: 1_000_000, dur: 500_000, tid: 1, args: { command: 'true' } },
    { ph: 'i', name: '</script>"\\', ts: 1_200_500, tid: 0 },
    { ph: 'X', name: 'boot', ts: 1_100_000, dur: 100_500, tid: 0 },
  ])
})

test('of nothing there is an empty trace', () => {
  expect(JSON.parse(chromeTrace([]))).toEqual({ displayTimeUnit: 'ms', traceEvents: [] })
})
