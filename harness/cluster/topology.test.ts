import { expect, test } from 'vitest'
import { pocketContract } from '../testing/pocket.js'
import { defineTopology, passwordsOf, type NodePlan } from './topology.js'

const plan = (nodes: Record<string, NodePlan>) =>
  defineTopology({ name: 'trial', contract: pocketContract, nodes })
const node = (address: string, more: Partial<NodePlan> = {}): NodePlan => ({
  image: 'pocket',
  role: 'pocket',
  address,
  ...more,
})

test('defaults: gateway, host names and MACs', () => {
  const topology = plan({ one: node('192.168.7.2') })
  expect(topology.gateway).toBe('192.168.7.1')
  expect(topology.nodes[0]).toMatchObject({ hostName: 'one', mac: '52:54:00:a8:07:02' })
})

test.each([
  [
    'one and two have the same address',
    { one: node('192.168.7.2'), two: node('192.168.7.2', { mac: '52:54:00:00:00:09' }) },
  ],
  ['the gateway and one have the same address', { one: node('192.168.7.1') }],
  [
    'one and two have the same MAC',
    {
      one: node('192.168.7.2', { mac: '52:54:00:00:00:09' }),
      two: node('192.168.7.3', { mac: '52:54:00:00:00:09' }),
    },
  ],
  [
    'one and two have the same host name',
    { one: node('192.168.7.2'), two: node('192.168.7.3', { hostName: 'one' }) },
  ],
  [
    'one and two have the same host name, two',
    { one: node('192.168.7.2', { hostName: 'two' }), two: node('192.168.7.3', { hostName: 'second' }) },
  ],
  ['none for a host of 192.168.7.0/24', { one: node('10.0.0.2') }],
  ['none for a host', { one: node('192.168.7.255') }],
  ['none for a host', { one: node('192.168.7.010') }],
  ['has 0 cpus', { one: node('192.168.7.2', { cpus: 0 }) }],
  ['has -1 memoryMiB', { one: node('192.168.7.2', { memoryMiB: -1 }) }],
  ['the bridge and one have the same MAC', { one: node('192.168.7.2', { mac: '52:54:00:00:00:01' }) }],
  ['has the role "constructor"', { one: node('192.168.7.2', { role: 'constructor' }) }],
  ['no IPv4 address', { one: node('192.168.7.300') }],
  ['RFC 1123', { Compute_1: node('192.168.7.2') }],
  ['contract pocket knows pocket', { one: node('192.168.7.2', { role: 'queen' }) }],
  ['the first one even', { one: node('192.168.7.2', { mac: '53:54:00:00:00:09' }) }],
  ['33 characters; 32 are the most', { ['n'.repeat(33)]: node('192.168.7.2') }],
  ['it has no nodes', {}],
])('refused: %s', (reason, nodes: Record<string, NodePlan>) => {
  expect(() => plan(nodes)).toThrow(
    expect.objectContaining({ code: 'TOPOLOGY_INVALID', message: expect.stringContaining(reason) as string }),
  )
})

test.each([
  ['the gateway "192.168.8.1" is no address', { gateway: '192.168.8.1' }],
  ['lower case letters', { name: 'a/b' }],
])('refused: %s', (reason, change) => {
  const trial = { name: 'trial', contract: pocketContract, nodes: { one: node('192.168.7.2') }, ...change }
  expect(() => defineTopology(trial)).toThrow(reason)
})

test('passwords: those of the images, but for those that are given', () => {
  const nodes = { controller: node('192.168.7.2', { role: 'controller' }) }
  const contract = {
    ...pocketContract,
    roles: { controller: { services: [], edits: [], restart: [] } },
    passwords: { admin: 'password', service: 'password', set: 'true' },
  }
  const cloud = { name: 'trial', contract, nodes }
  expect(passwordsOf(defineTopology(cloud))).toMatchObject({ admin: 'password', service: 'password' })
  const own = defineTopology({ ...cloud, passwords: { admin: 'S3cret+' } })
  expect(passwordsOf(own)).toMatchObject({ admin: 'S3cret+', service: 'password' })
  expect(() => defineTopology({ ...cloud, passwords: { service: 'a b' } })).toThrow(
    /password "service" must be/,
  )
  const plain = { ...cloud, contract: pocketContract, nodes: { one: node('192.168.7.2') } }
  expect(() => defineTopology({ ...plain, passwords: { admin: 'x' } })).toThrow(
    /contract pocket cannot change/,
  )
})
