/** @module-tag core */
import { cloudAccess, expect, scenario } from '../harness/index.js'
import { core } from '../fixtures/core-topology.js'

const test = scenario(core)

test('the administrator gets a token from outside and on every node', async ({ cloud, cluster, step }) => {
  const token = await step('from outside', () => cloud.keystone.issueToken())
  expect(token.roles).toContain('admin')
  // -i reads /root/.bashrc, as a person's shell does. Under TCG the client takes long to import what it needs.
  const command = 'openstack token issue --format value --column project_id'
  const projects = await step('on every node', () =>
    Promise.all(cluster.nodes.map((node) => node.run({ timeout: '10min' })`bash -ic ${command} 2>/dev/null`)),
  )
  expect(projects).toEqual(cluster.nodes.map(() => token.projectId))
})

test('every service of the catalogue answers at its address from every node', async ({
  cloud,
  cluster,
  step,
}) => {
  const urls = await step('read the catalogue', async () => {
    const catalog = await cloud.catalog()
    const wanted = Object.entries(cloudAccess(core).ports)
    expect(catalog.map(({ type }) => type)).toEqual(expect.arrayContaining(wanted.map(([type]) => type)))
    const urls = [...new Set(catalog.flatMap(({ endpoints }) => endpoints.map(({ url }) => url)))]
    for (const [, port] of wanted) expect(urls.some((url) => new URL(url).port === String(port))).toBe(true)
    return urls
  })
  for (const node of cluster.nodes) {
    const answers = await step(`ask from ${node.name}`, () =>
      Promise.all(
        urls.map(
          async (url) =>
            [url, await node.run`curl -s -m 60 -o /dev/null -w ${'%{http_code}'} ${url}`] as const,
        ),
      ),
    )
    // 401 is an answer too: it is the service that asks for a token. What a proxy or a dead socket gives is not.
    const broken = answers.filter(([, status]) => !['200', '300', '401', '404', '412'].includes(status))
    expect(broken, `seen from ${node.name}`).toEqual([])
  }
})

test('a wrong password gets 401 and no token', async ({ cloud }) => {
  await expect(cloud.as({ password: 'wrong' }).keystone.issueToken()).rejects.toMatchObject({
    code: 'API_FAILED',
    status: 401,
  })
})

test('a revoked token is refused by another service', async ({ cloud, step }) => {
  const { token, holder } = await step('use it', async () => {
    const token = await cloud.keystone.issueToken()
    const holder = cloud.withToken(token)
    await expect(holder.glance.list()).resolves.toBeInstanceOf(Array)
    return { token, holder }
  })
  await step('revoke it', async () => {
    await cloud.keystone.revokeToken(token.id)
    await expect(holder.glance.list()).rejects.toMatchObject({ code: 'API_FAILED', status: 401 })
  })
})
