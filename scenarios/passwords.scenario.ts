import {
  bootCloud,
  cloudAccess,
  cloudOf,
  defineTopology,
  expect,
  provision,
  scenario,
} from '../harness/index.js'
import { threeNode, threeNodes } from '../fixtures/topologies/three-node.js'

const test = scenario(threeNode)
const shipped = cloudAccess(threeNode)

const ownPasswords = defineTopology({
  ...threeNode,
  nodes: threeNodes,
  passwords: { admin: 'Correct-Horse+1', service: 'Battery.Staple=2' },
})

test(
  'a cloud with passwords of its own works like any other, and knows the shipped ones no more',
  { tags: 'slow', timeout: 2_700_000 },
  async ({ evidence, guestDisk, signal, step }) => {
    await using cluster = await step('boot', () => bootCloud(ownPasswords, { logFolder: evidence, signal }))
    using cloud = cloudOf(cluster, signal)
    await step('the shipped ones', async () => {
      for (const account of [
        { password: shipped.credentials.password },
        { username: 'nova', password: shipped.servicePassword, project: 'service' },
      ]) {
        await expect(cloud.as(account).keystone.issueToken()).rejects.toMatchObject({ status: 401 })
      }
    })
    await step('the own one on every node', async () => {
      // Root's shell has the new one, on every node.
      for (const node of cluster.nodes) {
        expect(
          await node.run({ timeout: '5min' })`bash -ic ${'openstack network agent list -f value -c Binary'}`,
        ).toContain('neutron-dhcp-agent')
      }
    })
    await step('boot an instance', async () => {
      // To boot an instance every service asks every other, by its own account.
      const network = await cloud.neutron.createNetwork({ name: 'tenant', cidr: '10.19.0.0/24' })
      const image = await cloud.glance.upload({ name: 'guest', file: guestDisk })
      const server = await cloud.nova.boot({ name: 'web', image, flavor: 'm1.nano', network })
      await expect(server).toBecome('ACTIVE', { timeout: '15min' })
      await cloud.nova.consoleWith(server.id, 'stackrig-instance: metadata', { timeout: '10min' })
    })
    expect(await provision(cluster)).toEqual([])
  },
)
