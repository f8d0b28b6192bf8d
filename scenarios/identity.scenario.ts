import { cloudAccess, expect, scenario, type Cloud } from '../harness/index.js'
import { threeNode } from '../fixtures/topologies/three-node.js'

const test = scenario(threeNode)
const { identityUrl, servicePassword } = cloudAccess(threeNode)

/** All that identity.sh makes, but for what belongs to one user. */
const everythingBut = async ({ keystone }: Cloud, name: string): Promise<unknown> => ({
  users: (await keystone.users()).filter((user) => user.name !== name),
  projects: await keystone.projects(),
  roles: await keystone.roles(),
  services: await keystone.services(),
  endpoints: await keystone.endpoints(),
})

test('identity.sh, run again, makes what is missing and changes nothing else', async ({
  cloud,
  compute,
  controller,
  step,
}) => {
  const { keystone } = cloud
  const before = await everythingBut(cloud, 'swift')
  const asSwift = await step('remove a user', async () => {
    const swift = (await keystone.users()).find(({ name }) => name === 'swift')
    if (!swift) throw new Error('identity.sh must have made the user swift')
    await keystone.deleteUser(swift.id)
    const asSwift = { username: 'swift', password: servicePassword, project: 'service' }
    await expect(keystone.issueToken(asSwift)).rejects.toMatchObject({ code: 'API_FAILED', status: 401 })
    return asSwift
  })

  const token = await step('run it again', async () => {
    await controller.run({ timeout: '10min' })`/etc/keystone/identity.sh`
    expect(await everythingBut(cloud, 'swift')).toEqual(before)
    const token = await keystone.issueToken(asSwift)
    expect(token.roles).toContain('service')
    return token
  })
  await step('ask on another node', async () => {
    // Another node accepts it, too.
    const ask = `curl -s -m 100 -o /dev/null -w '%{http_code}' -H 'X-Auth-Token: ${token.id}' ${identityUrl}/auth/catalog`
    expect(await compute.run`sh -c ${ask}`).toBe('200')
  })
})
