import { expect, test } from 'vitest'
import { LinkFaults, type Effect, type LinkFault } from './link-faults.mjs'

/** A frame of a TCP segment between these ports, with IPv4. */
function segment(source: number, destination: number): Buffer {
  const frame = Buffer.alloc(60)
  frame.writeUInt16BE(0x0800, 12)
  frame.writeUInt8(0x45, 14)
  frame.writeUInt8(6, 23)
  frame.writeUInt16BE(source, 34)
  frame.writeUInt16BE(destination, 36)
  return frame
}

const fault = (effect: Effect, more: Partial<LinkFault> = {}): LinkFault => ({
  ...{ id: 1, pairs: [['one', 'two']], seed: 1, effect },
  ...more,
})

/** What becomes of many frames from one to two that are sent together. */
function many(faults: LinkFault[], count = 1000): { due: number; frame: Buffer }[] {
  const links = new LinkFaults()
  links.set(faults)
  return Array.from({ length: count }).flatMap(() => links.arrivals('one', 'two', segment(40_000, 5672), 0))
}

test('a cut lets nothing pass in its direction, and everything in the other', () => {
  const links = new LinkFaults()
  links.set([fault({ kind: 'cut' })])
  expect(links.arrivals('one', 'two', segment(1, 2), 0)).toEqual([])
  expect(links.arrivals('two', 'one', segment(1, 2), 0)).toHaveLength(1)
  expect(links.touched).toEqual({ 1: 1 })
  links.set([])
  expect(links.arrivals('one', 'two', segment(1, 2), 0)).toHaveLength(1)
})

test('a port is that of either end; what has no ports is not concerned', () => {
  const links = new LinkFaults()
  links.set([fault({ kind: 'cut' }, { port: 5672 })])
  expect(links.arrivals('one', 'two', segment(5672, 40_000), 0)).toEqual([])
  expect(links.arrivals('one', 'two', segment(40_000, 5672), 0)).toEqual([])
  expect(links.arrivals('one', 'two', segment(40_000, 5000), 0)).toHaveLength(1)
  const arp = Buffer.alloc(60)
  arp.writeUInt16BE(0x0806, 12)
  expect(links.arrivals('one', 'two', arp, 0)).toHaveLength(1)
  const laterFragment = segment(5672, 5672)
  laterFragment.writeUInt16BE(100, 20)
  expect(links.arrivals('one', 'two', laterFragment, 0)).toHaveLength(1)
  const tagged = Buffer.concat([
    Buffer.alloc(12),
    Buffer.from('81000001', 'hex'),
    segment(1, 5672).subarray(12),
  ])
  expect(links.arrivals('one', 'two', tagged, 0)).toEqual([])
})

test('shares are met, and the same seed chooses the same frames', () => {
  const lost = many([fault({ kind: 'loss', share: 0.2 })]).length
  expect(lost).toBeGreaterThan(750)
  expect(lost).toBeLessThan(850)
  expect(many([fault({ kind: 'loss', share: 0.2 })])).toHaveLength(lost)
  expect(many([fault({ kind: 'loss', share: 0.2 }, { seed: 2 })])).not.toHaveLength(lost)
  expect(many([fault({ kind: 'duplicate', share: 1 })])).toHaveLength(2000)
  expect(many([fault({ kind: 'loss', share: 0 })])).toHaveLength(1000)
})

test('a delay keeps the order, whatever its jitter; reorder does not', () => {
  const dues = many([fault({ kind: 'delay', by: 50, jitter: 40 })]).map(({ due }) => due)
  expect(dues).toEqual(dues.toSorted((a, b) => a - b))
  expect(Math.min(...dues)).toBeGreaterThanOrEqual(10)
  expect(Math.max(...dues)).toBeLessThanOrEqual(90)
  const mixed = many([fault({ kind: 'reorder', share: 0.5, by: 20 })]).map(({ due }) => due)
  expect(mixed).not.toEqual(mixed.toSorted((a, b) => a - b))
})

test('a bandwidth spreads frames over time, and loses what would have to wait for more than a second', () => {
  const arrivals = many([fault({ kind: 'bandwidth', rate: 6000 })])
  // 60 bytes at 6000 a second are 10 ms each: the queue of a second has place for a hundred.
  expect(arrivals.map(({ due }) => Math.round(due)).slice(0, 3)).toEqual([10, 20, 30])
  expect(arrivals).toHaveLength(101)
})

test('one bit of a corrupt frame is wrong, behind its addresses', () => {
  const sent = segment(40_000, 5672)
  for (const { frame } of many([fault({ kind: 'corrupt', share: 1 })], 200)) {
    const wrong = [...frame].map((byte, at) => byte ^ (sent[at] ?? 0))
    const bits = wrong.flatMap((byte, at) =>
      byte === 0 ? [] : [{ at, count: byte.toString(2).replaceAll('0', '').length }],
    )
    expect(bits).toHaveLength(1)
    expect(bits[0]?.count).toBe(1)
    expect(bits[0]?.at).toBeGreaterThanOrEqual(14)
  }
})

test('several faults of a link add up, and each goes on where it was when another ends', () => {
  const both = [
    fault({ kind: 'delay', by: 50, jitter: 0 }),
    fault({ kind: 'duplicate', share: 1 }, { id: 2 }),
  ]
  expect(many(both, 1).map(({ due }) => due)).toEqual([50, 50])
  const links = new LinkFaults()
  links.set(both)
  links.arrivals('one', 'two', segment(1, 2), 0)
  links.set(both.slice(0, 1))
  links.arrivals('one', 'two', segment(1, 2), 0)
  expect(links.touched).toEqual({ 1: 2 })
})
