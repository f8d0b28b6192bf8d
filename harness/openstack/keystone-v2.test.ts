// The peer is faked: a 2013 API cannot be installed. It answers the exchanges of keystone-v2.http and refuses all else.
import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { oldCloud } from './testing/old-cloud.js'

const admin = 'http://192.168.7.2:35357/v2.0'

describe('a token of v2.0', () => {
  it('has user, tenant, roles, and the catalogue in the shape of v3', async () => {
    await using old = await oldCloud()
    const token = await old.cloud.keystone.issueToken()
    expect(token).toMatchObject({
      id: 'admin_id',
      expiresAt: '2014-01-31T17:09:57Z',
      userName: 'admin',
      projectId: '73f0aa26640f4971864919d0eb0f0880',
      roles: ['service', 'admin'],
    })
    expect(token.catalog.map(({ type }) => type)).toEqual([
      'compute',
      'network',
      'image',
      'volume',
      'identity',
    ])
    expect(token.catalog.at(-1)?.endpoints).toContainEqual({
      interface: 'admin',
      region: 'RegionOne',
      url: admin,
    })
  })

  it('is refused for a wrong password', async () => {
    await using old = await oldCloud()
    await expect(old.cloud.as({ password: 'wrong' }).keystone.issueToken()).rejects.toMatchObject({
      status: 401,
      said: 'Invalid user / password',
    })
  })

  it('is for the default domain only', async () => {
    await using old = await oldCloud()
    await expect(old.cloud.keystone.issueToken({ domain: 'sales' })).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining('v2.0 has no domains') as string,
    })
    expect(old.asked).toEqual([])
  })

  it("is validated and revoked at the administrator's address", async () => {
    await using old = await oldCloud()
    const { keystone } = old.cloud
    expect(await keystone.validateToken('ab48a9efdfedb23ty3494')).toMatchObject({
      userName: 'jqsmith',
      projectId: '345',
      roles: ['compute:admin', 'object-store:admin'],
    })
    // Of format PKI: by its MD5, since it is too long for an address.
    await keystone.revokeToken(`MII${'x'.repeat(200)}`)
    const error: unknown = await keystone.validateToken('unknown').catch((caught: unknown) => caught)
    expect(error).toMatchObject({ status: 404, url: `${admin}/tokens/***` })
    expect(inspect(error)).not.toContain('tokens/unknown')
  })
})

describe('the administrator of v2.0', () => {
  it('lists what there is', async () => {
    await using old = await oldCloud()
    const { keystone } = old.cloud
    expect((await keystone.users())[0]).toMatchObject({ name: 'admin', enabled: true, domain_id: 'default' })
    expect((await keystone.projects()).map(({ name }) => name)).toEqual(['ACME Corp', 'Iron Works'])
    expect((await keystone.roles()).map(({ name }) => name)).toEqual(['compute:admin'])
    expect((await keystone.services()).map(({ type }) => type)).toEqual(['compute', 'image'])
    expect(
      (await keystone.endpoints()).map(({ id, interface: which }) => `${which} ${id.slice(-1)}`),
    ).toEqual(['public 2', 'internal 2', 'admin 2', 'public 3'])
  })

  it('makes a user with a role in a project, which is a tenant, and removes both', async () => {
    await using old = await oldCloud()
    const { keystone } = old.cloud
    const project = await keystone.createProject({ name: 'ACME corp' })
    const user = await keystone.createUser({ name: 'new-user', password: 'secret' })
    await keystone.assignRole('compute:admin', { user, project })
    await keystone.deleteUser(user.id)
    await keystone.deleteProject(project.id)
    expect(old.asked.slice(1)).toEqual([
      `POST ${admin}/tenants`,
      `POST ${admin}/users`,
      `GET ${admin}/OS-KSADM/roles`,
      `PUT ${admin}/tenants/1234/users/${user.id}/roles/OS-KSADM/123`,
      `DELETE ${admin}/users/${user.id}`,
      `DELETE ${admin}/tenants/1234`,
    ])
  })
})

it('the faked peer refuses what is not recorded', async () => {
  await using old = await oldCloud()
  await expect(old.cloud.keystone.createProject({ name: 'other' })).rejects.toMatchObject({ status: 501 })
})
