import * as z from 'zod'
import type { Service } from './service.js'
import { issueToken, readToken, type Credentials, type Token } from './token.js'
import { list } from './json.js'

const named = z.object({ id: z.string(), name: z.string() })
const inDomain = named.extend({ enabled: z.boolean(), domain_id: z.string() })
const serviceSchema = z.object({ id: z.string(), type: z.string(), name: z.string().default('') })
const endpointSchema = z.object({
  id: z.string(),
  service_id: z.string(),
  interface: z.enum(['public', 'internal', 'admin']),
  region_id: z.string().nullable(),
  url: z.string(),
})

export type User = z.infer<typeof inDomain>
export type Project = z.infer<typeof inDomain>
export type Role = z.infer<typeof named>
export type IdentityService = z.infer<typeof serviceSchema>
export type Endpoint = z.infer<typeof endpointSchema>

const domain_id = 'default'

/** The identity service as scenarios see it, whatever its version. */
export type Keystone = Pick<KeystoneV3, keyof KeystoneV3>

/** Identity API v3, docs.openstack.org/api-ref/identity/v3; in quotes the sections of that page. */
export class KeystoneV3 {
  readonly #service: Service

  constructor(service: Service) {
    this.#service = service
  }

  /**
   * "Password authentication with scoped authorization": a new token, apart from the one the cloud's calls share; of
   * the cloud's user unless told otherwise.
   *
   * @throws ApiError with status 401 for a wrong password.
   */
  issueToken(credentials: Partial<Credentials> = {}): Promise<Token> {
    const { http, identityUrl, credentials: own } = this.#service.session
    return issueToken(http, identityUrl, { ...own, ...credentials })
  }

  /** "Revoke token": from now on no service accepts it. */
  async revokeToken(id: string): Promise<void> {
    await this.#service.send('DELETE', '/auth/tokens', { headers: { 'x-subject-token': id } })
  }

  /**
   * "Validate and show information for token".
   *
   * @throws ApiError with status 404 for a token that is unknown, expired or revoked.
   */
  async validateToken(id: string): Promise<Token> {
    const url = await this.#service.url('/auth/tokens')
    const request = { method: 'GET', url, headers: { 'x-subject-token': id } } as const
    return readToken(request, await this.#service.session.send(request))
  }

  /** "List users" */
  async users(): Promise<User[]> {
    return (await this.#service.json(z.object({ users: list(inDomain) }), 'GET', '/users')).users
  }

  /** "List projects" */
  async projects(): Promise<Project[]> {
    return (await this.#service.json(z.object({ projects: list(inDomain) }), 'GET', '/projects')).projects
  }

  /** "List services" */
  async services(): Promise<IdentityService[]> {
    const schema = z.object({ services: list(serviceSchema) })
    return (await this.#service.json(schema, 'GET', '/services')).services
  }

  /** "List endpoints" */
  async endpoints(): Promise<Endpoint[]> {
    const schema = z.object({ endpoints: list(endpointSchema) })
    return (await this.#service.json(schema, 'GET', '/endpoints')).endpoints
  }

  /** "List roles" */
  async roles(): Promise<Role[]> {
    return (await this.#service.json(z.object({ roles: list(named) }), 'GET', '/roles')).roles
  }

  /** "Create project", in the default domain. */
  async createProject({ name }: { name: string }): Promise<Project> {
    const json = { project: { name, domain_id } }
    const schema = z.object({ project: inDomain })
    return (await this.#service.json(schema, 'POST', '/projects', { json })).project
  }

  /** "Create user", in the default domain. */
  async createUser({ name, password }: { name: string; password: string }): Promise<User> {
    const json = { user: { name, password, domain_id } }
    return (await this.#service.json(z.object({ user: inDomain }), 'POST', '/users', { json })).user
  }

  /** "Assign role to user on project"; the role by its name. */
  async assignRole(role: string, to: { user: User; project: Project }): Promise<void> {
    const found = (await this.roles()).find((candidate) => candidate.name === role)
    // An unknown name goes on as an id, so that Keystone itself says that there is no such role.
    const path = `/projects/${to.project.id}/users/${to.user.id}/roles/${found?.id ?? role}`
    await this.#service.send('PUT', path)
  }

  /** "Delete user" */
  async deleteUser(id: string): Promise<void> {
    await this.#service.send('DELETE', `/users/${id}`)
  }

  /** "Delete project" */
  async deleteProject(id: string): Promise<void> {
    await this.#service.send('DELETE', `/projects/${id}`)
  }
}
