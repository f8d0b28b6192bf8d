import { expect, test } from 'vitest'
import { BoundedOutput } from './bounded-output.js'

const kept = (text: string, limit: number, piece: number): { text: string; leftOut: number } => {
  const output = new BoundedOutput(limit)
  for (let at = 0; at < text.length; at += piece) output.add(Buffer.from(text.slice(at, at + piece)))
  return { text: output.bytes().toString(), leftOut: output.leftOut }
}

test.each([1, 7, 100])('what is short is kept as it is, in pieces of %i', (piece) => {
  const text = 'abcdefghij'.repeat(2)
  expect(kept(text, 20, piece)).toEqual({ text, leftOut: 0 })
  expect(kept('', 20, piece)).toEqual({ text: '', leftOut: 0 })
})

test.each([1, 7, 100_000])(
  'of what is long both ends are kept, and how much is missing is said, in pieces of %i',
  (piece) => {
    const text = Array.from({ length: 40_000 }, (_, n) => String(n)).join(' ')
    const missing = text.length - 1000
    expect(kept(text, 1000, piece)).toEqual({
      text: `${text.slice(0, 500)}\n[${missing} bytes were left out here]\n${text.slice(-500)}`,
      leftOut: missing,
    })
  },
)

test('a flood takes no more memory than the limit, also byte by byte', () => {
  const before = process.memoryUsage().arrayBuffers
  const output = new BoundedOutput()
  const line = Buffer.alloc(65_536, 'y\n')
  for (let n = 0; n < 4000; n++) output.add(line)
  for (let n = 0; n < 1_000_000; n++) output.add(line.subarray(0, 1))
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20 * 1024 * 1024)
  expect(output.leftOut).toBe(4000 * 65_536 + 1_000_000 - 16 * 1024 * 1024)
})
