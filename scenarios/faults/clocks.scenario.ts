import { setTimeout as delay } from 'node:timers/promises'
import {
  agentAlive,
  all,
  expect,
  invariant,
  scenario,
  serverStatus,
  waitFor,
  type Cloud,
  type Condition,
} from '../../harness/index.js'
import { readyInstance } from '../../fixtures/ready-instance.js'
import { instanceRuns, runningInstance } from '../../fixtures/stages/instance-runs.js'

const test = scenario(instanceRuns)

/** nova-compute has reported again, by the controller's clock. */
async function reportsAgain({ nova }: Cloud, host: string): Promise<Condition<string>> {
  const latest = async (): Promise<string> => {
    const found = (await nova.services()).find(
      (service) => service.binary === 'nova-compute' && service.host === host,
    )
    return found?.updated_at ?? 'none'
  }
  const before = await latest()
  return {
    what: `a report of nova-compute on ${host}`,
    interval: '2s',
    probe: async () => {
      const now = await latest()
      return now === before ? { done: false, seen: `the last is of ${now}` } : { done: true, value: now }
    },
  }
}

test(
  'the clock of the compute node is an hour ahead, and right again: nobody misses it, and it takes instances',
  { tags: 'slow' },
  async ({ cloud, cluster, compute, controller, step }) => {
    const { neutron, nova } = cloud
    const host = compute.plan.hostName
    const { image, network } = await runningInstance(cloud)
    const ahead = async (): Promise<number> => {
      const [there, here] = await Promise.all([compute.run`date +%s`, controller.run`date +%s`])
      return Number(there) - Number(here)
    }
    const wrong = (await ahead()) + 3600
    await using present = invariant(all(agentAlive(nova, { host }), agentAlive(neutron, { host })), {
      interval: '10s',
    })
    const { signal } = present

    const jump = await step('an hour ahead', async () => {
      const jump = await cluster.faults.clockJump('compute', { by: '60min' })
      expect(Math.abs((await ahead()) - wrong)).toBeLessThan(60)
      await waitFor(await reportsAgain(cloud, host), { timeout: '10min', signal })
      return jump
    })
    await step('an instance', async () => {
      const { server, said } = await readyInstance(cloud, { name: 'early', image, network })
      expect(said).toMatch(/stackrig-instance: metadata .*instance-id i-[0-9a-f]+/)
      await nova.delete(server.id)
      await expect(server).toBeGone({ timeout: '5min' })
    })
    await step('right again', async () => {
      await jump.heal()
      expect(Math.abs((await ahead()) + 3600 - wrong)).toBeLessThan(60)
      await waitFor(await reportsAgain(cloud, host), { timeout: '10min', signal })
    })
    await step('another instance', async () => {
      const { server } = await readyInstance(cloud, { name: 'in-time', image, network })
      expect(server.host).toBe(host)
    })
  },
)

/** Longer than any service of the images may be silent until it is missed (180 s). */
const lidClosed = 190_000

test(
  'all nodes stand still for three minutes, as under the lid of a laptop, and their clocks are set: what was begun ends well',
  { tags: 'slow' },
  async ({ cloud, cluster, nodes, signal, step }) => {
    const { neutron, nova } = cloud
    const { image, network, server: before } = await runningInstance(cloud)
    const everybody = all(agentAlive(nova, {}), agentAlive(neutron, {}), agentAlive(cloud.cinder, {}))
    const booting = await step('an instance is begun', () =>
      nova.boot({ name: 'interrupted', image, flavor: 'm1.nano', network }),
    )
    await step('the lid is closed, and opened', async () => {
      await using lid = await cluster.faults.pause('controller', 'compute', 'network')
      await delay(lidClosed, undefined, { signal })
      expect(lid.holds).toBe(true)
    })
    await step('what was begun goes on, and nobody is missed', async () => {
      await waitFor(serverStatus(nova, booting, 'ACTIVE'), { timeout: '10min', signal })
      await waitFor(everybody, { timeout: '1min', signal })
    })

    await step('the clocks are set', async () => {
      const names = Object.values(nodes).map(({ name }) => name) as (keyof typeof nodes)[]
      await Promise.all(names.map((name) => cluster.faults.clockJump(name, { by: lidClosed })))
      // All reports are now too old at once.
      await waitFor(everybody, { timeout: '10min', signal })
    })
    await step('all goes on', async () => {
      expect((await nova.get(before.id)).status).toBe('ACTIVE')
      const said = await nova.consoleWith(booting.id, 'stackrig-instance: ready', { timeout: '15min' })
      expect(said).toMatch(/stackrig-instance: metadata .*instance-id i-[0-9a-f]+/)
      const { server } = await readyInstance(cloud, { name: 'after', image, network })
      await nova.delete(server.id)
      await expect(server).toBeGone({ timeout: '5min' })
      const volume = await cloud.cinder.createVolume({ name: 'after', size: 1 })
      await expect(volume).toBecome('available', { timeout: '10min' })
    })
  },
)
