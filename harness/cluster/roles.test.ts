import { expect, test } from 'vitest'
import { namesOf, playsRole } from './roles.js'

test.each([
  ['all-in-one', 'controller', true],
  ['all-in-one', 'compute', true],
  ['all-in-one', 'network', true],
  ['all-in-one', 'pocket', false],
  ['compute', 'compute', true],
  ['compute', 'controller', false],
])('a node of role %s plays %s: %s', (role, wanted, plays) => {
  expect(playsRole({ role }, wanted)).toBe(plays)
})

test('an all-in-one is found under the names of the nodes it stands for', () => {
  expect(namesOf({ name: 'controller', role: 'all-in-one' })).toEqual(['controller', 'compute', 'network'])
  expect(namesOf({ name: 'box', role: 'all-in-one' })).toEqual(['box', 'controller', 'compute', 'network'])
  expect(namesOf({ name: 'second', role: 'compute' })).toEqual(['second'])
})
