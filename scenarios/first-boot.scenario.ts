import { cloudReady, expect, logLine, scenario, waitFor, type RunningNode } from '../harness/index.js'
import { threeNode } from '../fixtures/topologies/three-node.js'

const test = scenario(threeNode)

type Nodes = Record<'controller' | 'compute' | 'network', RunningNode>

/** Makes of the controller what its image would be without databases; the other nodes would only be in the way. */
async function withoutDatabases(
  { controller, compute, network }: Nodes,
  files = '/var/lib/postgresql/*/main /etc/postgresql/*/main',
): Promise<void> {
  for (const node of [compute, network]) await node.powerOff()
  await controller.stopServices('postgresql')
  await controller.run`sh -c ${`rm -rf ${files}`}`
  await controller.run`sync`
  await controller.powerOff()
}

const initialisation = 'journalctl --boot --no-pager --output=cat --unit=stackrig-init-databases'

test(
  'a controller without databases makes them on its first boot; the second is faster and keeps the data',
  { tags: 'slow', timeout: 5_400_000 },
  async ({ cloud, cluster, controller, nodes, step }) => {
    const ready = async (): Promise<number> => {
      const started = Date.now()
      await controller.powerOn()
      await cloudReady(cluster)
      return Date.now() - started
    }
    await step('remove the databases', () => withoutDatabases(nodes))
    const first = await step('first boot', ready)
    const project = await step('look at the first boot', async () => {
      expect(await controller.run`sh -c ${initialisation}`).toMatch(
        /users, services and endpoints[\s\S]*done$/m,
      )
      const project = await cloud.keystone.createProject({ name: 'kept' })
      return project
    })

    const second = await step('second boot', async () => {
      await controller.shutDown()
      const second = await ready()
      return second
    })
    await step('look at the second boot', async () => {
      expect(await controller.run`sh -c ${initialisation}`).not.toContain('tables of')
      expect((await cloud.keystone.projects()).map(({ id }) => id)).toContain(project.id)
    })
    expect(second).toBeLessThan(0.8 * first)
  },
)

test(
  'power cuts while PostgreSQL makes its files, and in the middle of the first boot, are made good by the next',
  { tags: 'slow', timeout: 5_400_000 },
  async ({ cloud, cluster, controller, nodes, step }) => {
    await step('leave what a power cut leaves', async () => {
      // What a power cut in initdb leaves.
      const main = '/var/lib/postgresql/*/main'
      await withoutDatabases(nodes, `${main}/base ${main}/global ${main}/PG_VERSION ${main}/stackrig-*`)
    })
    await step('cut the first boot off', async () => {
      await controller.powerOn()
      const unit = 'stackrig-init-databases'
      await waitFor(logLine(controller, /users, services/, { unit }), { timeout: '30min' })
      expect(await controller.run`sh -c ${initialisation}`).toContain('creating the database cluster')
      await controller.powerOff()
    })
    await step('boot again', async () => {
      await controller.powerOn()
      await cloudReady(cluster)
    })
    await step('look at the cloud', async () => {
      // The cut came before the end: this boot had to go on, with the cluster that the first has made.
      const said = await controller.run`sh -c ${initialisation}`
      expect(said).toMatch(/users, services and endpoints[\s\S]*done$/m)
      expect(said).not.toContain('creating the database cluster')
      expect((await cloud.nova.flavors()).length).toBeGreaterThan(0)
      expect((await cloud.keystone.users()).map(({ name }) => name)).toEqual(
        expect.arrayContaining(['admin', 'nova', 'neutron', 'glance', 'cinder', 'swift', 'placement']),
      )
    })
  },
)
