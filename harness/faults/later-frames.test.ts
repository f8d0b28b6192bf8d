import { expect, test, vi } from 'vitest'
import { LaterFrames } from './later-frames.mjs'

const frame = (name: string): Buffer => Buffer.from(name)

test('frames arrive at their times; those of the same time, and those that are due now, in the order they came', async () => {
  const arrived: string[] = []
  const later = new LaterFrames((each) => arrived.push(each.toString()))
  const now = performance.now()
  later.add({ frame: frame('at once'), due: now })
  later.add({ frame: frame('last'), due: now + 40 })
  later.add({ frame: frame('second'), due: now + 20 })
  later.add({ frame: frame('third'), due: now + 20 })
  later.add({ frame: frame('first'), due: now + 10 })
  expect(arrived).toEqual(['at once'])
  await vi.waitFor(() => expect(arrived).toHaveLength(5))
  expect(arrived).toEqual(['at once', 'first', 'second', 'third', 'last'])
})

test('what waits is let go in order', () => {
  const arrived: string[] = []
  const later = new LaterFrames((each) => arrived.push(each.toString()))
  const now = performance.now()
  for (const after of [3000, 1000, 2000]) later.add({ frame: frame(String(after)), due: now + after })
  expect(later.length).toBe(3)
  later.letGo()
  expect(arrived).toEqual(['1000', '2000', '3000'])
  expect(later.length).toBe(0)
})
