import { expect, test } from 'vitest'
import { parseShard, spread, type WeighedPiece } from './shards.js'

const piece = (file: string, takes: number, ...goldens: string[]): WeighedPiece => ({
  ...{ part: 'core', project: 'scenarios', files: [file], takes, goldens },
})
const many = (count: number, takes: (at: number) => number, ...goldens: string[]): WeighedPiece[] =>
  Array.from({ length: count }, (_, at) => piece(`${goldens.join()}${at}`, takes(at), ...goldens))

test('every piece is run by one machine, and they are done at about the same time', () => {
  const pieces = many(60, (at) => 10_000 + 1000 * ((at * 7) % 50))
  const shards = spread(pieces, 4)
  const files = shards.flatMap((shard) => shard.pieces.flatMap((one) => one.files))
  expect(files.toSorted()).toEqual(pieces.flatMap((one) => one.files).toSorted())
  const takes = shards.map((shard) => shard.takes)
  expect(Math.max(...takes) / Math.min(...takes)).toBeLessThan(1.1)
})

test('a golden snapshot is made on as few machines as pays', () => {
  const cloud = many(10, () => 60_000, 'three-node')
  const pocket = many(20, () => 60_000, 'pocket')
  const shards = spread([...cloud, ...pocket], 2, new Map([['three-node', 900_000]]))
  expect(shards.filter(({ goldens }) => goldens.includes('three-node'))).toHaveLength(1)
  // Where a snapshot is nothing against the work, all make it.
  const long = many(10, () => 3_600_000, 'three-node')
  expect(spread(long, 2).every(({ goldens }) => goldens.includes('three-node'))).toBe(true)
})

test('the same pieces in another order are spread the same way; more machines than pieces have nothing to do', () => {
  const pieces = many(9, () => 5000, 'pocket')
  expect(spread(pieces.toReversed(), 3)).toEqual(spread(pieces, 3))
  expect(spread(pieces.slice(0, 1), 3).filter((shard) => shard.pieces.length === 0)).toHaveLength(2)
})

test('a shard is one of how many', () => {
  expect(parseShard('2/4')).toEqual({ index: 2, count: 4 })
  for (const text of ['0/4', '5/4', '2', '2/', 'a/b', '1/4/2', ''])
    expect(() => parseShard(text)).toThrow(/2\/4/)
})
