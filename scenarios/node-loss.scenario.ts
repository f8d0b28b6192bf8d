import {
  agentAlive,
  cloudReady,
  command,
  expect,
  not,
  scenario,
  waitFor,
  type Server,
} from '../harness/index.js'
import { instanceRuns, runningInstance } from '../fixtures/stages/instance-runs.js'
import { threeNode } from '../fixtures/topologies/three-node.js'
import { wayOut } from '../fixtures/way-out.js'

const test = scenario(threeNode)
const testWithInstance = scenario(instanceRuns)

testWithInstance(
  'the network node is cut off, is missed, and serves again when it is back',
  { tags: 'slow' },
  async ({ cloud, controller, nodes, step }) => {
    const { image, server: before, network } = await runningInstance(cloud)
    const outside = await wayOut(cloud, nodes, network)
    await cloud.neutron.allow(await cloud.neutron.defaultGroup(), { protocol: 'icmp' })
    /** The command that reaches an instance at a floating address of its own. */
    const pingFromOutside = async ({ id }: Server): Promise<string> => {
      const [port] = await cloud.neutron.ports({ device_id: id })
      if (!port) throw new Error('the instance has no port')
      return `ping -c 2 -W 5 ${(await cloud.neutron.createFloatingIp(outside, port)).address}`
    }
    const ping = await step('reach the instance', async () => {
      const ping = await pingFromOutside(before)
      await controller.waitUntil`sh -c ${ping}`
      return ping
    })

    await step('cut the network node off', async () => {
      await nodes.network.unplug()
      const { address } = nodes.network.plan
      await waitFor(not(command(controller)`ping -c 1 -W 5 ${address}`), { timeout: '1min' })
      expect((await controller.execute(ping)).exitCode).not.toBe(0)
      await waitFor(agentAlive(cloud.neutron, { host: 'network' }, false), { timeout: '10min' })
    })

    await step('put its cable back', async () => {
      await nodes.network.plugIn()
      await waitFor(agentAlive(cloud.neutron, { host: 'network' }), { timeout: '10min' })
      await controller.waitUntil`sh -c ${ping}`
    })
    await step('one who was not there before', async () => {
      // A lease and a floating address for one who was not there before.
      const after = await cloud.nova.boot({ name: 'after', image, flavor: 'm1.nano', network })
      await expect(after).toBecome('ACTIVE', { timeout: '10min' })
      const said = await cloud.nova.consoleWith(after.id, 'stackrig-instance: ready')
      expect(said).toMatch(/stackrig-instance: address 10\.13\.0\.\d+/)
      await controller.waitUntil`sh -c ${await pingFromOutside(after)}`
    })
  },
)

test(
  'the compute node loses power: Nova misses it and refuses instances, until power is back',
  { tags: 'slow' },
  async ({ cloud, cluster, compute, controller, guestDisk, step }) => {
    const network = await cloud.neutron.createNetwork({ name: 'tenant', cidr: '10.17.0.0/24' })
    const image = await cloud.glance.upload({ name: 'guest', file: guestDisk })
    await step('cut the power', async () => {
      await compute.powerOff()
      const { address } = compute.plan
      await waitFor(not(command(controller)`ping -c 1 -W 5 ${address}`), { timeout: '1min' })
      await waitFor(agentAlive(cloud.nova, { host: 'compute' }, false), { timeout: '10min' })
    })
    await step('boot an instance nowhere', async () => {
      const server = await cloud.nova.boot({ name: 'lost', image, flavor: 'm1.nano', network })
      await expect(server).toBecome('ERROR')
      expect((await cloud.nova.get(server.id)).fault?.message).toContain('No valid host was found')
    })

    await step('power is back', async () => {
      await compute.powerOn()
      await cloudReady(cluster)
    })
    await step('boot an instance', async () => {
      const found = await cloud.nova.boot({ name: 'found', image, flavor: 'm1.nano', network })
      await expect(found).toBecome('ACTIVE', { timeout: '15min' })
      await cloud.nova.consoleWith(found.id, 'stackrig-instance: ready')
    })
  },
)
