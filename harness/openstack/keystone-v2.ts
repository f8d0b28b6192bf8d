import { createHash } from 'node:crypto'
import * as z from 'zod'
import type { Endpoint, IdentityService, Keystone, Project, Role, User } from './keystone.js'
import type { Service } from './service.js'
import type { Credentials, Token } from './token.js'
import { issueTokenV2, readTokenV2 } from './token-v2.js'
import { list } from './json.js'

const named = z.object({ id: z.string(), name: z.string() })

/** All users and tenants are in the default domain of v3; v2.0 does not speak of it. */
const inDefaultDomain = named
  .extend({ enabled: z.boolean() })
  .transform((body) => ({ ...body, domain_id: 'default' }))

const serviceSchema = named.extend({ type: z.string() })

const endpointSchema = z
  .object({
    id: z.string(),
    // Keystone answers with it, though the reference does not have it.
    service_id: z.string().default(''),
    region: z.string().nullable(),
    publicurl: z.string(),
    internalurl: z.string().nullish(),
    adminurl: z.string().nullish(),
  })
  .transform(({ id, service_id, region: region_id, publicurl, internalurl, adminurl }) =>
    [
      { interface: 'public' as const, url: publicurl },
      { interface: 'internal' as const, url: internalurl },
      { interface: 'admin' as const, url: adminurl },
    ].flatMap(({ interface: which, url }) =>
      url ? [{ id, service_id, interface: which, region_id, url }] : [],
    ),
  )

/**
 * Identity API v2.0 with its admin extension OS-KSADM (openstack/keystone, api-ref/source/v2-admin and v2-ext at
 * c70baa0a7); in quotes the sections there. All but tokens goes to the administrator's address (35357). A project is a
 * tenant here.
 */
export class KeystoneV2 implements Keystone {
  readonly #service: Service

  /** `service` is at the administrator's address. */
  constructor(service: Service) {
    this.#service = service
  }

  /** "Authenticate" */
  issueToken(credentials: Partial<Credentials> = {}): Promise<Token> {
    const { http, identityUrl, credentials: own } = this.#service.session
    return issueTokenV2(http, identityUrl, { ...own, ...credentials })
  }

  /** "Delete token" */
  async revokeToken(id: string): Promise<void> {
    await this.#service.send('DELETE', tokenPath(id))
  }

  /** "Validate token" */
  async validateToken(id: string): Promise<Token> {
    const request = { method: 'GET', url: await this.#service.url(tokenPath(id)) } as const
    return readTokenV2(request, await this.#service.session.send(request))
  }

  /** "List users" */
  async users(): Promise<User[]> {
    return (await this.#service.json(z.object({ users: list(inDefaultDomain) }), 'GET', '/users')).users
  }

  /** "List tenants" */
  async projects(): Promise<Project[]> {
    const schema = z.object({ tenants: list(inDefaultDomain) })
    return (await this.#service.json(schema, 'GET', '/tenants')).tenants
  }

  /** "List services" */
  async services(): Promise<IdentityService[]> {
    const schema = z.object({ 'OS-KSADM:services': list(serviceSchema) })
    return (await this.#service.json(schema, 'GET', '/OS-KSADM/services'))['OS-KSADM:services']
  }

  /** "List endpoints"; one of v2.0 is up to three of v3, with the same id. */
  async endpoints(): Promise<Endpoint[]> {
    const schema = z.object({ endpoints: list(endpointSchema) })
    return (await this.#service.json(schema, 'GET', '/endpoints')).endpoints.flat()
  }

  /** "List roles" */
  async roles(): Promise<Role[]> {
    return (await this.#service.json(z.object({ roles: list(named) }), 'GET', '/OS-KSADM/roles')).roles
  }

  /** "Create tenant" */
  async createProject({ name }: { name: string }): Promise<Project> {
    const json = { tenant: { name, enabled: true } }
    const schema = z.object({ tenant: inDefaultDomain })
    return (await this.#service.json(schema, 'POST', '/tenants', { json })).tenant
  }

  /** "Create user" */
  async createUser({ name, password }: { name: string; password: string }): Promise<User> {
    const json = { user: { name, password, enabled: true } }
    return (await this.#service.json(z.object({ user: inDefaultDomain }), 'POST', '/users', { json })).user
  }

  /** "Grant roles to user on tenant"; the role by its name. */
  async assignRole(role: string, to: { user: User; project: Project }): Promise<void> {
    const found = (await this.roles()).find((candidate) => candidate.name === role)
    const path = `/tenants/${to.project.id}/users/${to.user.id}/roles/OS-KSADM/${found?.id ?? role}`
    await this.#service.send('PUT', path)
  }

  /** "Delete user" */
  async deleteUser(id: string): Promise<void> {
    await this.#service.send('DELETE', `/users/${id}`)
  }

  /** "Delete tenant" */
  async deleteProject(id: string): Promise<void> {
    await this.#service.send('DELETE', `/tenants/${id}`)
  }
}

/**
 * A token of format PKI holds all that Keystone knows, the catalogue too: too long for an address. Keystone takes its MD5
 * instead (openstack/keystone 2013.1, keystone/common/cms.py, cms_hash_token).
 */
function tokenPath(id: string): string {
  return `/tokens/${id.startsWith('MII') ? createHash('md5').update(id).digest('hex') : id}`
}
