import { describe } from 'vitest'
import { bootCloud, cloudOf, expect, requireServices, scenario } from '../harness/index.js'
import { threeNode } from '../fixtures/topologies/three-node.js'

const test = scenario(threeNode)

// One after the other, in every order; and with one node a minute late.
const orders = [
  { controller: '0s', compute: '15s', network: '30s' },
  { controller: '0s', compute: '30s', network: '15s' },
  { controller: '15s', compute: '0s', network: '30s' },
  { controller: '30s', compute: '0s', network: '15s' },
  { controller: '15s', compute: '30s', network: '0s' },
  { controller: '30s', compute: '15s', network: '0s' },
  { controller: '60s', compute: '0s', network: '0s' },
] as const

describe.for(orders)(
  'with controller after $controller, compute after $compute, network after $network',
  (delays) => {
    test(
      'the nodes end in the same ready cloud',
      { tags: 'slow', timeout: 2_700_000 },
      async ({ evidence, signal }) => {
        await using cluster = await bootCloud(threeNode, { delays, logFolder: evidence, signal })
        using cloud = cloudOf(cluster, signal)
        await requireServices(cluster)
        expect((await cloud.nova.services()).map(({ binary, host }) => `${binary} ${host}`).sort()).toEqual([
          'nova-compute compute',
          'nova-conductor controller',
          'nova-scheduler controller',
        ])
        const agents = (await cloud.neutron.agents()).filter(({ alive }) => alive)
        expect(agents.map(({ binary, host }) => `${binary} ${host}`).sort()).toEqual([
          'neutron-dhcp-agent network',
          'neutron-l3-agent network',
          'neutron-metadata-agent network',
          'neutron-openvswitch-agent compute',
          'neutron-openvswitch-agent network',
        ])
      },
    )
  },
)
