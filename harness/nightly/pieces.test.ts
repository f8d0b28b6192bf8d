import { expect, test } from 'vitest'
import { piecesOf, restOf } from './pieces.js'

const unit = (count: number): { project: string; file: string }[] =>
  Array.from({ length: count }, (_, at) => ({ project: 'unit', file: `u${at}` }))

test('unit tests share processes up to a minute of measured work; nothing is left out, or run twice', () => {
  const durations = new Map(unit(100).map(({ file }, at) => [`unit: ${file}`, at % 10 === 0 ? 50_000 : 2000]))
  const pieces = piecesOf('unit', unit(100), durations)
  expect(pieces.flatMap(({ files }) => files)).toEqual(unit(100).map(({ file }) => file))
  for (const { files } of pieces.filter((piece) => piece.files.length > 1)) {
    const takes = files.reduce((sum, file) => sum + (durations.get(`unit: ${file}`) ?? 0), 0)
    expect(takes).toBeLessThanOrEqual(60_000)
  }
  expect(piecesOf('unit', unit(100), new Map()).length).toBeLessThan(10)
})

test('what boots machines has a process of its own, the longest first', () => {
  const files = ['a', 'b', 'c'].map((file) => ({ project: 'vm', file }))
  const durations = new Map([
    ['vm: a', 1000],
    ['vm: b', 9000],
  ])
  // One that nobody has measured may be long.
  expect(piecesOf('vm', files, durations).map((piece) => piece.files)).toEqual([['c'], ['b'], ['a']])
})

test('of a piece that was broken off, what is done is not run again', () => {
  const [piece] = piecesOf('unit', unit(3), new Map())
  if (!piece) throw new Error('no piece')
  expect(restOf(piece, (file) => file === 'u1')?.files).toEqual(['u0', 'u2'])
  expect(restOf(piece, () => true)).toBeUndefined()
})
