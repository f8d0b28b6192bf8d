import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, expectTypeOf, test } from 'vitest'
import { defineTopology, type RunningNode } from '../cluster/index.js'
import { pocketContract } from '../testing/pocket.js'
import type { Cloud } from '../openstack/index.js'
import { projectFolder } from '../paths.js'
import { fixtureNames, fixturesOfVitest } from './node-fixtures.js'
import type { ScenarioFixtures } from './scenario.js'

const role = { image: 'pocket', role: 'pocket' }
const topology = defineTopology({
  name: 'trial',
  contract: pocketContract,
  nodes: {
    compute: { ...role, address: '192.168.7.2' },
    'compute-2': { ...role, address: '192.168.7.3' },
    '2nd': { ...role, address: '192.168.7.4' },
    cloud: { ...role, address: '192.168.7.5' },
    signal: { ...role, address: '192.168.7.6' },
  },
})
type Fixtures = ScenarioFixtures<(typeof topology)['nodes'][number]['name']>

test('what vitest gives every test is known by name', (context) => {
  // The context is a function, with what every function has; what begins with a line is vitest's own business.
  const given = [context, Object.getPrototypeOf(context) as object].flatMap(Object.getOwnPropertyNames)
  const ofFunctions = [() => undefined, Function.prototype].flatMap(Object.getOwnPropertyNames)
  const fixtures = given.filter(
    (name) => ![...ofFunctions, 'prototype'].includes(name) && !name.startsWith('_'),
  )
  expect(fixtures.sort()).toEqual([...fixturesOfVitest].sort())
})

test('docs/scenarios.md names them', () => {
  const page = readFileSync(join(projectFolder, 'docs', 'scenarios.md'), 'utf8')
  expect(page).toContain(fixturesOfVitest.map((name) => `\`${name}\``).join(', '))
})

test('a node is a fixture unless its name is taken or no word', () => {
  expect(fixtureNames(topology, ['cloud', 'nodes'])).toEqual(['compute'])
})

test('the types say the same, and `nodes` has every node', () => {
  expectTypeOf<Fixtures['compute']>().toEqualTypeOf<RunningNode>()
  expectTypeOf<Fixtures['cloud']>().toEqualTypeOf<Cloud>()
  expectTypeOf<Fixtures>().not.toHaveProperty('compute-2')
  expectTypeOf<Fixtures>().not.toHaveProperty('2nd')
  expectTypeOf<Fixtures>().not.toHaveProperty('signal')
  expectTypeOf<keyof Fixtures['nodes']>().toEqualTypeOf<
    'compute' | 'compute-2' | '2nd' | 'cloud' | 'signal'
  >()
  // Of a topology whose names only the running program knows nothing is promised but what every scenario has.
  expectTypeOf<ScenarioFixtures<string>['cloud']>().toEqualTypeOf<Cloud>()
  expectTypeOf<ScenarioFixtures<string>>().not.toHaveProperty('compute')
})
