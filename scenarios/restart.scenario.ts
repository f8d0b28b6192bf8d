import { cloudReady, expect, scenario, waitFor } from '../harness/index.js'
import { threeNode } from '../fixtures/topologies/three-node.js'

const test = scenario(threeNode)

/** Makes one thing after the other until it is stopped; the names of those that the service has acknowledged. */
async function load(make: (name: string) => Promise<unknown>, stop: AbortSignal): Promise<string[]> {
  const made: string[] = []
  for (let n = 0; !stop.aborted; n++) {
    const name = `under-load-${n}`
    // While what is restarted is away the service refuses; only what it has acknowledged counts.
    await make(name).then(
      () => made.push(name),
      () => undefined,
    )
  }
  return made
}

test('PostgreSQL is restarted under load: what was acknowledged is there, and everybody comes back', async ({
  cloud,
  cluster,
  controller,
}) => {
  const enough = new AbortController()
  const working = load((name) => cloud.keystone.createProject({ name }), enough.signal)
  await controller.restartServices('postgresql')
  // Each of these has connections of its own to the database.
  const askAll = async (): Promise<unknown> =>
    Promise.all([
      cloud.keystone.issueToken(),
      cloud.glance.list(),
      cloud.nova.flavors(),
      cloud.neutron.networks(),
      cloud.cinder.services(),
    ])
  await waitFor('all services', async () => ({ done: true, value: await askAll() }), {
    deadline: '5min',
    signal: cluster.signal,
  })
  enough.abort()
  const acknowledged = await working
  const names = (await cloud.keystone.projects()).map(({ name }) => name)
  expect(acknowledged.length).toBeGreaterThan(0)
  expect(names).toEqual(expect.arrayContaining(acknowledged))
  expect(await controller.run`su postgres -c pg_isready`).toContain('accepting connections')
})

test(
  'RabbitMQ is restarted under load: what was acknowledged is there, and agents on other nodes come back',
  { tags: 'slow' },
  async ({ cloud, cluster, controller, network }) => {
    const agentQueues = (): Promise<string> =>
      controller.runWithin('5min')`rabbitmqctl -q list_queues name consumers`
    expect(await agentQueues()).toMatch(/^l3_agent\.network\s+[1-9]/m)
    const enough = new AbortController()
    const working = load(
      (name) => cloud.neutron.createNetwork({ name, cidr: '10.19.0.0/24', dhcp: false }),
      enough.signal,
    )
    await controller.restartServices('rabbitmq-server')
    // Without a stop nobody has lost a connection, and nothing is proved.
    const said = 'journalctl --no-pager --output=cat --unit=neutron-l3-agent'
    await network.waitUntil(`${said} | grep -q 'Reconnected to AMQP'`, '10min')
    enough.abort()
    const acknowledged = await working
    const names = (await cloud.neutron.networks()).map(({ name }) => name)
    expect(acknowledged.length).toBeGreaterThan(0)
    expect(names).toEqual(expect.arrayContaining(acknowledged))

    await cloudReady(cluster, { deadline: '10min' })
    // From the API through the scheduler to the volume service, and back: three services that talk over RabbitMQ.
    const volume = await cloud.cinder.createVolume({ name: 'after', size: 1 })
    await expect(volume).toBecome('available', { within: '10min' })
    expect(await agentQueues()).toMatch(/^l3_agent\.network\s+[1-9]/m)
    expect(await controller.runWithin('5min')`rabbitmq-diagnostics check_running`).toContain('fully booted')
  },
)
