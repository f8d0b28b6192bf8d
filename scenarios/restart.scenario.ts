import { cloudReady, expect, logLine, scenario, waitFor, type Seen } from '../harness/index.js'
import { threeNode } from '../fixtures/topologies/three-node.js'
import { underLoad } from '../fixtures/under-load.js'

const test = scenario(threeNode)

test('PostgreSQL is restarted under load: what was acknowledged is there, and everybody comes back', async ({
  cloud,
  cluster,
  controller,
  signal,
  step,
}) => {
  const gone = AbortSignal.any([cluster.signal, signal])
  const startTime = (): Promise<string> =>
    controller.run`runuser -u postgres -- psql -Atc ${'select pg_postmaster_start_time()'}`
  // Each of these has connections of its own to the database.
  const askAll = async (): Promise<unknown> =>
    Promise.all([
      cloud.keystone.issueToken(),
      cloud.glance.list(),
      cloud.nova.flavors(),
      cloud.neutron.networks(),
      cloud.cinder.services(),
    ])
  const before = await startTime()
  const acknowledged = await step('restart it under load', () =>
    underLoad(
      (name) => cloud.keystone.createProject({ name }),
      gone,
      async () => {
        await controller.restartServices('postgresql')
        const probe = async (): Promise<Seen<unknown>> => ({ done: true, value: await askAll() })
        await waitFor({ what: 'all services', probe }, { signal: gone })
      },
    ),
  )
  await step('look for what was acknowledged', async () => {
    expect(await startTime()).not.toBe(before)
    const names = (await cloud.keystone.projects()).map(({ name }) => name)
    expect(names).toEqual(expect.arrayContaining(acknowledged))
    expect(await controller.run`su postgres -c pg_isready`).toContain('accepting connections')
  })
})

test(
  'RabbitMQ is restarted under load: what was acknowledged is there, and agents on other nodes come back',
  { tags: 'slow' },
  async ({ cloud, cluster, controller, network, signal, step }) => {
    const agentQueues = (): Promise<string> =>
      controller.run({ timeout: '5min' })`rabbitmqctl -q list_queues name consumers`
    expect(await agentQueues()).toMatch(/^l3_agent\.network\s+[1-9]/m)
    const journal = 'journalctl --no-pager --output=cat --unit=neutron-l3-agent'
    const [, cursor = ''] =
      /cursor: (\S+)/.exec(await network.run`sh -c ${`${journal} --lines=1 --show-cursor`}`) ?? []
    const acknowledged = await step('restart it under load', () =>
      underLoad(
        (name) => cloud.neutron.createNetwork({ name, cidr: '10.19.0.0/24', dhcp: false }),
        AbortSignal.any([cluster.signal, signal]),
        async () => {
          await controller.restartServices('rabbitmq-server')
          // Without a stop nobody has lost a connection, and nothing is proved.
          const since = { unit: 'neutron-l3-agent', after: cursor }
          await waitFor(logLine(network, /Reconnected to AMQP/, since), { timeout: '10min' })
        },
      ),
    )
    await step('look for what was acknowledged', async () => {
      const names = (await cloud.neutron.networks()).map(({ name }) => name)
      expect(names).toEqual(expect.arrayContaining(acknowledged))
    })

    await step('use what comes back', async () => {
      await cloudReady(cluster, { timeout: '10min' })
      // From the API through the scheduler to the volume service, and back: three services that talk over RabbitMQ.
      const volume = await cloud.cinder.createVolume({ name: 'after', size: 1 })
      await expect(volume).toBecome('available', { timeout: '10min' })
      expect(await agentQueues()).toMatch(/^l3_agent\.network\s+[1-9]/m)
      expect(await controller.run({ timeout: '5min' })`rabbitmq-diagnostics check_running`).toContain(
        'fully booted',
      )
    })
  },
)
