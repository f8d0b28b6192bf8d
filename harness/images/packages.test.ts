import { expect, test } from 'vitest'
import { describeMove, movedPackages, packageRecord, packagesDigest } from './packages.js'

test('says what moved, came and went', () => {
  const from = packageRecord(['curl=7.88-1', 'nova=26.1', 'old=1'])
  const to = packageRecord(['curl=7.88-2', 'nova=26.1', 'fresh=1:2=3'])
  expect(movedPackages(from, to).map(describeMove)).toEqual([
    'curl 7.88-1 -> 7.88-2',
    'fresh 1:2=3 is new',
    'old 1 is gone',
  ])
  expect(movedPackages(from, from)).toEqual([])
})

test('the digest does not depend on the order', () => {
  expect(packagesDigest({ a: '1', b: '2' })).toBe(packagesDigest({ b: '2', a: '1' }))
  expect(packagesDigest({ a: '1' })).not.toBe(packagesDigest({ a: '2' }))
})
