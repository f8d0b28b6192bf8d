import { describe } from 'vitest'
import {
  bootCloud,
  cloudOf,
  cloudReady,
  expect,
  requireServices,
  scenario,
  type Cloud,
} from '../harness/index.js'
import { threeNode } from '../fixtures/topologies/three-node.js'

const test = scenario(threeNode)

async function expectSameCloud(cloud: Cloud): Promise<void> {
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
}

// Each is switched on when the one before it answers; a node that comes before the controller looks for it in vain.
const orders = [
  ['controller', 'compute', 'network'],
  ['controller', 'network', 'compute'],
  ['compute', 'controller', 'network'],
  ['compute', 'network', 'controller'],
  ['network', 'controller', 'compute'],
  ['network', 'compute', 'controller'],
] as const

describe.each(orders)('after a power cut, first %s, then %s, then %s', (...order) => {
  test(
    'the nodes end in the same ready cloud',
    { tags: 'slow', timeout: 2_700_000 },
    async ({ cloud, cluster, step }) => {
      await step('cut the power', () => Promise.all(cluster.nodes.map((node) => node.powerOff())))
      for (const name of order) await step(`${name} boots`, () => cluster.node(name).powerOn())
      await step('look at the cloud', async () => {
        await cloudReady(cluster)
        await requireServices(cluster)
        await expectSameCloud(cloud)
      })
    },
  )
})

test(
  'booted from its images with the controller a minute late, it ends in the same ready cloud',
  { tags: 'slow', timeout: 2_700_000 },
  async ({ evidence, signal, step }) => {
    await using cluster = await step('boot', () =>
      bootCloud(threeNode, { delays: { controller: '60s' }, logFolder: evidence, signal }),
    )
    using cloud = cloudOf(cluster, signal)
    await step('look at the cloud', async () => {
      await requireServices(cluster)
      await expectSameCloud(cloud)
    })
  },
)
