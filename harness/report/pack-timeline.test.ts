import { expect, test } from 'vitest'
import type { Entry } from '../timeline/index.js'
import { packTimeline } from './pack-timeline.js'
import { unpackTimeline } from './page/unpack-timeline.js'

const entries: Entry[] = [
  { t: 1_764_000_000_000, end: 1_764_000_000_000, lane: 'scenario', kind: 'step', text: 'at once' },
  {
    t: 1_764_000_000_400,
    lane: 'node:compute',
    kind: 'log',
    text: 'a line\nand "another"',
    data: { node: 'compute', unit: 'nova-compute', priority: 3 },
  },
  {
    t: 1_764_000_000_400,
    end: 1_764_000_002_000,
    lane: 'api',
    kind: 'call',
    text: 'GET servers 200',
    data: { method: 'GET', url: 'http://controller:8774/', status: 200 },
  },
  {
    t: 1_764_000_001_000,
    lane: 'node:compute',
    kind: 'log',
    text: 'all is well',
    data: { node: 'compute', priority: 6 },
  },
  { t: 1_764_000_003_000, lane: 'scenario', kind: 'error', text: '', data: { message: 'x' } },
]

test('what was packed is unpacked as it was, and says what failed by itself', () => {
  const unpacked = unpackTimeline(packTimeline(entries))
  const again = unpacked.map(({ t, end, lane, kind, text, data }) => ({
    t,
    ...(end !== undefined && { end }),
    lane,
    kind,
    text,
    ...(data !== '' && { data: JSON.parse(data) as unknown }),
  }))
  expect(again).toEqual(entries)
  expect(unpacked.map(({ bad }) => bad)).toEqual([false, true, false, false, true])
})

test('a timeline without entries', () => {
  expect(unpackTimeline(packTimeline([]))).toEqual([])
})
