import { agentAlive, cloudOf, expect, scenario, waitFor, type Cloud } from '../harness/index.js'
import { threeNode } from '../fixtures/topologies/three-node.js'

const test = scenario(threeNode)

/** What Nova and Neutron think of the compute node. */
const aliveOn = async (cloud: Cloud, host: string): Promise<{ nova: boolean; neutron: boolean }> => {
  const agents = await cloud.neutron.agents()
  const services = await cloud.nova.services()
  return {
    nova: services.some((one) => one.binary === 'nova-compute' && one.host === host && one.state === 'up'),
    neutron: agents.some(
      (one) => one.binary === 'neutron-openvswitch-agent' && one.host === host && one.alive,
    ),
  }
}

test(
  'a cut cable and a stopped service, from the same moment: Nova misses the node in both, Neutron in one',
  { tags: 'slow', timeout: 2_700_000 },
  async ({ cloud, cluster, compute, signal, step }) => {
    const host = compute.plan.hostName
    const before = await step('a moment before anything is wrong', async () => {
      expect(await aliveOn(cloud, host)).toEqual({ nova: true, neutron: true })
      return cluster.moment('before')
    })

    const cut = await step('one branch: its cable is cut', async () => {
      await using branch = await before.fork()
      using seen = cloudOf(branch, signal)
      await branch.node('compute').unplug()
      await waitFor(agentAlive(seen.nova, { host }, false), { timeout: '10min' })
      await waitFor(agentAlive(seen.neutron, { host }, false), { timeout: '10min' })
      return await aliveOn(seen, host)
    })

    const stopped = await step('another: nova-compute is stopped', async () => {
      await using branch = await before.fork()
      using seen = cloudOf(branch, signal)
      await branch.node('compute').stopServices('nova-compute')
      await waitFor(agentAlive(seen.nova, { host, binary: 'nova-compute' }, false), { timeout: '10min' })
      return await aliveOn(seen, host)
    })

    expect(cut).toEqual({ nova: false, neutron: false })
    expect(stopped).toEqual({ nova: false, neutron: true })
    await step('the cluster itself knows of neither', async () => {
      expect(await aliveOn(cloud, host)).toEqual({ nova: true, neutron: true })
    })
  },
)
