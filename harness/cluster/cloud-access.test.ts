import { expect, test } from 'vitest'
import type { Contract } from '../contract/index.js'
import { cloudAccess } from './cloud-access.js'
import { addressOf, hostNames } from './host-names.js'
import { pocketContract } from '../testing/pocket.js'
import { defineTopology, withNode, type NodePlan } from './topology.js'

const nothing = { services: [], edits: [], restart: [] }
const contract: Contract = {
  ...pocketContract,
  roles: { controller: nothing, compute: nothing, 'all-in-one': nothing },
  passwords: { admin: 'shipped', service: 'theirs', set: 'true' },
  cloud: {
    identityUrl: 'http://{controller}:5000/v3',
    horizonUrl: 'http://{controller}:8080',
    apis: { identity: 'v3', image: 'v2', volume: 'v3' },
    region: 'RegionOne',
    credentials: { username: 'admin', project: 'admin', domain: 'Default' },
    ports: { identity: 5000 },
  },
}
const controller: NodePlan = { image: 'pocket', role: 'controller', address: '192.168.7.2' }
const compute: NodePlan = { image: 'pocket', role: 'compute', address: '192.168.7.4' }
const named = (nodes: Record<string, NodePlan>) => defineTopology({ name: 'trial', contract, nodes })

test('the URLs of a cloud have the host name of its controller', () => {
  const topology = named({ compute, controller: { ...controller, hostName: 'ctl' } })
  expect(cloudAccess(topology)).toMatchObject({
    identityUrl: 'http://ctl:5000/v3',
    horizonUrl: 'http://ctl:8080',
  })
  const alone = named({ box: { ...controller, role: 'all-in-one' } })
  expect(cloudAccess(alone).identityUrl).toBe('http://box:5000/v3')
})

test('its passwords are those of the topology', () => {
  const plan = { name: 'trial', contract, nodes: { controller } }
  const shipped = { credentials: { username: 'admin', password: 'shipped' }, servicePassword: 'theirs' }
  expect(cloudAccess(defineTopology(plan))).toMatchObject(shipped)
  const own = defineTopology({ ...plan, passwords: { admin: 'own' } })
  expect(cloudAccess(own)).toMatchObject({ credentials: { password: 'own' }, servicePassword: 'theirs' })
})

test('what is no cloud has no way into it', () => {
  const plan = { name: 'trial', contract: pocketContract, nodes: { one: { ...controller, role: 'pocket' } } }
  expect(() => cloudAccess(defineTopology(plan))).toThrow(expect.objectContaining({ code: 'USAGE' }))
})

test('a node is found by its host name, by its name, and the controller by what images call it', () => {
  const topology = named({ ctl: controller, compute: { ...compute, hostName: 'worker' } })
  expect(topology.nodes.map((node) => hostNames(topology, node))).toEqual([
    ['ctl', 'controller'],
    ['worker', 'compute'],
  ])
  const hosts = ['controller', 'worker', 'compute', '192.168.7.9', 'elsewhere']
  expect(hosts.map((host) => addressOf(topology, host))).toEqual([
    ...['192.168.7.2', '192.168.7.4', '192.168.7.4', '192.168.7.9', 'elsewhere'],
  ])
})

test('one name is enough where all are the same, and the name controller is nobody else’s', () => {
  const usual = named({ controller, compute })
  expect(usual.nodes.map((node) => hostNames(usual, node))).toEqual([['controller'], ['compute']])
  const odd = named({ boss: controller, controller: compute })
  expect(odd.nodes.map((node) => hostNames(odd, node))).toEqual([['boss'], ['controller']])
  // A second controller is not the one that others are pointed at.
  const two = withNode(named({ first: controller }), 'second', { ...controller, address: '192.168.7.3' })
  expect(two.nodes.map((node) => hostNames(two, node))).toEqual([['first', 'controller'], ['second']])
})
