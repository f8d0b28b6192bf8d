import {
  agentAlive,
  command,
  expect,
  invariant,
  logLine,
  scenario,
  waitFor,
  type RunningNode,
} from '../../harness/index.js'
import { readyInstance } from '../../fixtures/ready-instance.js'
import { instanceRuns, runningInstance } from '../../fixtures/stages/instance-runs.js'
import { threeNode } from '../../fixtures/topologies/three-node.js'

const test = scenario(threeNode)
const testWithInstance = scenario(instanceRuns)

/** The processes of services, as the init system knows them: they change with a restart. */
const processes = (node: RunningNode, ...services: string[]): Promise<string> =>
  node.run`systemctl show --property=MainPID --value ${services}`

testWithInstance(
  'the compute node is cut off from the controller: its instance goes on, Nova tells and refuses, and has it back without a hand',
  { tags: 'slow' },
  async ({ cloud, cluster, compute, nodes, step }) => {
    const { neutron, nova } = cloud
    const host = compute.plan.hostName
    const { image, network, server } = await runningInstance(cloud)
    const agents = ['nova-compute', 'neutron-openvswitch-agent', 'libvirtd']
    const before = await processes(compute, ...agents)
    const address = server.addresses[0]?.address ?? ''
    const ping = `ip netns exec qdhcp-${network.id} ping -c 5 -W 20 ${address}`
    const answers = command(nodes.network)`sh -c ${ping}`
    await step('the instance answers', async () => {
      await neutron.allow(await neutron.defaultGroup(), { protocol: 'icmp' })
      await waitFor(answers)
    })

    const cut = await step('cut', () => cluster.faults.cut('compute', 'controller'))
    await step('it is missed, and its instance answers all the while', async () => {
      await using steady = invariant(answers, { interval: '5s' })
      const { signal } = steady
      await waitFor(agentAlive(nova, { host }, false), { timeout: '10min', signal })
      await waitFor(agentAlive(neutron, { host }, false), { timeout: '10min', signal })
      const [hypervisor] = await nova.hypervisors()
      expect(hypervisor?.state).toBe('down')
      expect((await nova.get(server.id)).status).toBe('ACTIVE')
    })
    await step('an instance is refused', async () => {
      const lost = await nova.boot({ name: 'lost', image, flavor: 'm1.nano', network })
      await expect(lost).toBecome('ERROR')
      expect((await nova.get(lost.id)).fault?.message).toContain('No valid host was found')
      await nova.delete(lost.id)
      await expect(lost).toBeGone()
    })

    await step('it is back', async () => {
      await cut.heal()
      await waitFor(agentAlive(nova, { host }), { timeout: '10min' })
      await waitFor(agentAlive(neutron, { host }), { timeout: '10min' })
    })
    await step('it takes an instance', async () => {
      const { server: found } = await readyInstance(cloud, { name: 'found', image, network })
      expect(found.host).toBe(host)
      expect((await nova.get(server.id)).status).toBe('ACTIVE')
      expect(await processes(compute, ...agents)).toBe(before)
    })
  },
)

test(
  'the network node is 200 ms away and loses 5 %: instances have their addresses and metadata, some later',
  { tags: 'slow' },
  async ({ cloud, cluster, guestDisk, nodes, step }) => {
    const { glance, neutron, nova } = cloud
    const image = await glance.upload({ name: 'guest', file: guestDisk })
    /** A network and an instance in it; ms that both took. */
    const boot = async (name: string, net: string): Promise<number> => {
      const begun = performance.now()
      const network = await neutron.createNetwork({ name, cidr: `${net}.0/24` })
      const { server, said } = await readyInstance(cloud, { name, image, network })
      expect(said).toContain(`stackrig-instance: address ${net}.`)
      expect(said).toMatch(/stackrig-instance: metadata .*instance-id i-[0-9a-f]+/)
      const took = performance.now() - begun
      await nova.delete(server.id)
      await expect(server).toBeGone({ timeout: '5min' })
      return took
    }
    const well = await step('while all is well', () => boot('well', '10.32.0'))

    await step('far away', async () => {
      const { address } = nodes.controller.plan
      await cluster.faults.delay('network', '*', { by: '200ms' })
      await cluster.faults.loss('network', '*', { share: 0.05 })
      const said = await nodes.network.run`ping -c 5 -W 10 ${address}`
      expect(Number(/= [\d.]+\/([\d.]+)\//.exec(said)?.[1])).toBeGreaterThan(400)
    })
    const slow = await step('from there', async () => {
      await using present = invariant(agentAlive(neutron, { host: 'network' }), { interval: '10s' })
      const took = await boot('slow', '10.33.0')
      expect(present.signal.aborted).toBe(false)
      return took
    })
    // DHCP asks again after two seconds, metadata after two more; that both are minutes late would be another thing.
    expect(slow).toBeLessThan(4 * well)
  },
)

test(
  'RabbitMQ is cut off from the DHCP agent for longer than its heartbeat: it tells, connects again, and serves what came meanwhile',
  { tags: 'slow' },
  async ({ cloud, cluster, guestDisk, nodes, step }) => {
    const { glance, neutron } = cloud
    const agent = 'neutron-dhcp-agent'
    const cursorOf = async (): Promise<string> => {
      const said = await nodes.network.run`journalctl --output=cat --lines=1 --show-cursor`
      return /cursor: (\S+)/.exec(said)?.[1] ?? ''
    }
    const says = async (pattern: RegExp, after: string): Promise<string> =>
      waitFor(logLine(nodes.network, pattern, { unit: agent, after }), { timeout: '10min' })

    await step('a heartbeat of 20 s', async () => {
      // The images' is an hour. Twice without an answer, and the connection is taken for lost.
      const file = '/etc/neutron/neutron.conf'
      await nodes.network
        .run`sed -i ${'s/^heartbeat_timeout_threshold *=.*/heartbeat_timeout_threshold = 20/'} ${file}`
      const cursor = await cursorOf()
      await nodes.network.restartServices(agent)
      await says(/Synchronizing state complete/, cursor)
    })
    const before = await processes(nodes.network, agent)

    const { cursor, network } = await step('cut until it tells', async () => {
      const begun = await cursorOf()
      await using cut = await cluster.faults.cut('network', 'controller', { port: 5672 })
      const network = await neutron.createNetwork({ name: 'meanwhile', cidr: '10.34.0.0/24' })
      await says(/AMQP server .* is unreachable|trying to reconnect/, begun)
      expect(cut.holds).toBe(true)
      expect(await nodes.network.run`ls /run/netns`).not.toContain(network.id)
      return { cursor: await cursorOf(), network }
    })
    await step('it connects again', async () => {
      await says(/Reconnected to AMQP server/, cursor)
      await waitFor(agentAlive(neutron, { host: 'network' }), { timeout: '10min' })
      expect(await processes(nodes.network, agent)).toBe(before)
    })
    await step('it serves what came meanwhile', async () => {
      const image = await glance.upload({ name: 'guest', file: guestDisk })
      const { said } = await readyInstance(cloud, { name: 'after', image, network })
      expect(said).toContain('stackrig-instance: address 10.34.0.')
    })
  },
)
