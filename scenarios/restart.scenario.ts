import { expect, scenario, waitFor, type Cloud } from '../harness/index.js'
import { threeNode } from '../fixtures/topologies/three-node.js'

const test = scenario(threeNode)

/** Makes projects one after the other until it is stopped; the names of those that Keystone has acknowledged. */
async function makeProjects({ keystone }: Cloud, stop: AbortSignal): Promise<string[]> {
  const made: string[] = []
  for (let n = 0; !stop.aborted; n++) {
    const name = `project-${n}`
    // While the database is away Keystone refuses; only what it has acknowledged counts.
    await keystone.createProject({ name }).then(
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
  const load = makeProjects(cloud, enough.signal)
  await controller.runWithin('5min')`systemctl restart postgresql`
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
  const acknowledged = await load
  const names = (await cloud.keystone.projects()).map(({ name }) => name)
  expect(acknowledged.length).toBeGreaterThan(0)
  expect(names).toEqual(expect.arrayContaining(acknowledged))
  expect(await controller.run`su postgres -c pg_isready`).toContain('accepting connections')
})
