import { agentAlive, expect, requireServices, scenario, waitFor } from '../harness/index.js'
import { threeNode } from '../fixtures/topologies/three-node.js'

const test = scenario(threeNode)

test('every service of the contract runs on its node, under its own init system', async ({ cluster }) => {
  await requireServices(cluster)
  for (const node of cluster.nodes) {
    expect(await node.run`cat /proc/1/comm`).toBe(threeNode.contract.init)
    const services = threeNode.contract.roles[node.plan.role]?.services ?? []
    expect(services.length).toBeGreaterThan(0)
  }
})

test(
  'a service that was stopped is named, and the controller misses it',
  { tags: 'slow' },
  async ({ cloud, cluster, compute, step }) => {
    await step('stop it', async () => {
      await compute.stopServices('nova-compute')
      await expect(requireServices(cluster)).rejects.toMatchObject({
        code: 'SERVICE_DOWN',
        message: expect.stringMatching(
          /where: nova-compute on compute\n[\s\S]*nova-compute is inactive: the last words of nova-compute/,
        ) as string,
      })
      await waitFor(agentAlive(cloud.nova, { binary: 'nova-compute' }, false), { timeout: '10min' })
    })
    await step('start it', async () => {
      await compute.startServices('nova-compute')
      await requireServices(cluster)
    })
  },
)

test('every node has its own name, and knows every other by it', async ({ cluster }) => {
  for (const node of cluster.nodes) {
    expect(await node.run`hostname`).toBe(node.plan.hostName)
    for (const other of cluster.nodes) {
      const [address] = (await node.run`getent ahostsv4 ${other.plan.hostName}`).split(' ')
      expect(address, `${other.name} seen from ${node.name}`).toBe(other.plan.address)
      await node.run`ping -c 1 -W 10 ${other.plan.hostName}`
    }
  }
})
