import { expect, test } from 'vitest'
import { packagesDigest, type BuiltEntry } from '../images/index.js'
import { changesBetween, withChanges } from './changes.js'

const image = (packages: Record<string, string>): BuiltEntry => ({
  role: 'compute',
  contract: 'debian-zed',
  recipe: 'fixtures/images/compute',
  recipeDigest: '0'.repeat(64),
  packagesDigest: packagesDigest(packages),
  packages,
})

const namesOf = (...words: Parameters<typeof changesBetween>): string[][] =>
  changesBetween(...words).map(({ packages }) => packages.map(({ name }) => name))

test('a package that moved in the same way in several images is one change, in another way another', () => {
  const good = { compute: image({ curl: '1', nova: '1' }), network: image({ curl: '1', nova: '2' }) }
  const bad = { compute: image({ curl: '2', nova: '3' }), network: image({ curl: '2', nova: '3' }) }
  expect(changesBetween(good, bad)).toEqual([
    { packages: [{ name: 'curl', from: '1', to: '2', images: ['compute', 'network'] }] },
    { packages: [{ name: 'nova', from: '1', to: '3', images: ['compute'] }] },
    { packages: [{ name: 'nova', from: '2', to: '3', images: ['network'] }] },
  ])
})

test('what moved between the same versions stands together: it is of one source', () => {
  const good = { compute: image({ 'libc-bin': '1-1', libabc: '5', libc6: '1-1', 'libc-ares': '7' }) }
  const bad = { compute: image({ 'libc-bin': '1-2', libabc: '6', libc6: '1-2', 'libc-ares': '8' }) }
  expect(namesOf(good, bad)).toEqual([['libabc'], ['libc-ares'], ['libc-bin'], ['libc6']])
  const apart = (v: string, w: string) => ({ compute: image({ a: v, b: w, c: v }) })
  expect(namesOf(apart('1', '1'), apart('2', '3'))).toEqual([['a'], ['c'], ['b']])
})

test('one that took the place of another goes with it: a kernel has its version in its name', () => {
  const good = { pocket: image({ busybox: '1', 'linux-image-6.1.0-56-cloud': '6.1.1' }) }
  const bad = { pocket: image({ busybox: '2', 'linux-image-6.1.0-57-cloud': '6.1.2', tool: '1' }) }
  expect(namesOf(good, bad)).toEqual([
    ['busybox'],
    ['linux-image-6.1.0-56-cloud', 'linux-image-6.1.0-57-cloud'],
    ['tool'],
  ])
})

test('what only came, or only went, is a change of its own', () => {
  const good = { compute: image({ liba1: '1', liba2: '1' }) }
  expect(namesOf(good, { compute: image({}) })).toEqual([['liba1'], ['liba2']])
})

test('with none of the changes it is the good lock, with all the bad one', () => {
  const good = {
    compute: image({ curl: '1', old5: '1', gone: '1', same: '1' }),
    network: image({ curl: '9' }),
  }
  const bad = {
    compute: image({ curl: '2', old6: '1', same: '1', fresh: '3' }),
    network: image({ curl: '9' }),
  }
  const changes = changesBetween(good, bad)
  expect(withChanges(good, [])).toEqual(good)
  expect(withChanges(good, changes)).toEqual(bad)
  const [curl] = changes
  expect(withChanges(good, curl ? [curl] : [])).toEqual({
    ...good,
    compute: image({ curl: '2', old5: '1', gone: '1', same: '1' }),
  })
})
