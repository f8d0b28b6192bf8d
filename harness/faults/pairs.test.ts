import { expect, test } from 'vitest'
import { acrossGroups, between, describePairs } from './pairs.js'

const all = ['a', 'b', 'c']

test('pairs go both ways, or one; `*` is every other node; no node is linked with itself', () => {
  expect(between(all, 'a', 'b', true)).toEqual([['a', 'b']])
  expect(between(all, 'a', '*', true)).toEqual([
    ['a', 'b'],
    ['a', 'c'],
  ])
  expect(between(all, '*', 'a', true)).toEqual([
    ['b', 'a'],
    ['c', 'a'],
  ])
  expect(between(all, ['a', 'b'], ['b', 'c'], false)).toHaveLength(6)
  expect(between(all, '*', '*', false)).toHaveLength(6)
  expect(between(all, 'a', 'a', false)).toEqual([])
})

test('groups are parted from each other, not within', () => {
  expect(acrossGroups([['a', 'b'], ['c']])).toEqual([
    ['a', 'c'],
    ['b', 'c'],
    ['c', 'a'],
    ['c', 'b'],
  ])
})

test('pairs are told in words', () => {
  expect(describePairs(between(all, 'a', '*', false))).toBe('a – b, a – c')
  expect(describePairs(between(all, 'a', 'b', true))).toBe('a → b')
})
