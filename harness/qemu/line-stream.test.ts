import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { onLines } from './line-stream.js'

function told(pieces: string[], longest: number): { lines: string[]; over: number } {
  const stream = new PassThrough()
  const found = { lines: [] as string[], over: 0 }
  onLines(stream, longest, { line: (text) => found.lines.push(text), tooLong: () => found.over++ })
  for (const piece of pieces) stream.emit('data', Buffer.from(piece))
  return found
}

test('lines are told whole, wherever they were cut', () => {
  expect(told(['a\nb', 'c', 'd\n', '\ne'], 10)).toEqual({ lines: ['a', 'bcd', ''], over: 0 })
})

test('a line without end is given up, once, and nothing after it is told', () => {
  expect(told(['ok\n', '12345', '67890', 'x', '\nlater\n'], 8)).toEqual({ lines: ['ok'], over: 1 })
})
