import { expect, test } from 'vitest'
import type { ShardNote, SpreadPlan } from '../nightly/index.js'
import { resultsOf, testOf } from '../nightly/testing/made-up-results.js'
import { mergeShards } from './merge-shards.js'

const piece = (file: string) => ({ part: 'core', project: 'scenarios', files: [file] })
const plan: SpreadPlan = {
  ...{ format: 'stackrig-night-plan', version: 1, key: 'k', parts: ['core'] },
  shards: [
    { pieces: [piece('a'), piece('b')], goldens: [], takes: 1 },
    { pieces: [piece('c')], goldens: [], takes: 1 },
  ],
}
const note = (index: number, ...files: string[]): ShardNote => ({
  ...{ index, plan },
  runs: files.map((file) => ({
    ...piece(file),
    ...{ n: 1, digest: '', folder: `/r/${file}`, results: resultsOf([testOf(file, 'boots')]) },
  })),
})

test('shards together are the night', () => {
  const { runs, missing } = mergeShards([note(2, 'c'), note(1, 'a', 'b')])
  expect(runs.flatMap(({ files }) => files)).toEqual(['a', 'b', 'c'])
  expect(missing).toEqual([])
})

test('what a shard that is not there was to run, was not run', () => {
  const { missing } = mergeShards([note(1, 'a')])
  expect(missing.map(({ file, state }) => [file, state])).toEqual([
    ['b', 'not run'],
    ['c', 'not run'],
  ])
})

test('shards of different nights are not merged', () => {
  const other = { ...note(2, 'c'), plan: { ...plan, key: 'other' } }
  expect(() => mergeShards([note(1, 'a', 'b'), other])).toThrow(/one night/)
  expect(() => mergeShards([])).toThrow(/must be named/)
})
