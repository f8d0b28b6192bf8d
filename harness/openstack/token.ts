import * as z from 'zod'
import type { CatalogEntry } from './catalog.js'
import { ApiError } from './api-error.js'
import { checked, type Http, type HttpAnswer, type HttpRequest } from './http.js'
import { list } from './json.js'

export interface Credentials {
  username: string
  password: string
  /** Name of the project the token is for. */
  project: string
  /** Name of the domain of user and project; default `default`, by id or name. */
  domain?: string
}

/** A token of Keystone. Its id is a secret: it is a getter, so that printing a token does not show it. */
export class Token {
  readonly expiresAt: string
  readonly userId: string
  readonly userName: string
  readonly projectId: string | undefined
  readonly roles: string[]
  readonly catalog: CatalogEntry[]
  readonly #id: string

  constructor(id: string, body: TokenBody) {
    this.#id = id
    this.expiresAt = body.expires_at
    this.userId = body.user.id
    this.userName = body.user.name
    this.projectId = body.project?.id
    this.roles = body.roles.map((role) => role.name)
    this.catalog = body.catalog
  }

  get id(): string {
    return this.#id
  }
}

const catalogSchema = list(
  z.object({
    type: z.string(),
    name: z.string().default(''),
    endpoints: list(
      z.object({
        interface: z.enum(['public', 'internal', 'admin']),
        region: z.string(),
        url: z.string(),
      }),
    ),
  }),
)

const tokenSchema = z.object({
  token: z.object({
    expires_at: z.string(),
    user: z.object({ id: z.string(), name: z.string() }),
    project: z.object({ id: z.string(), name: z.string() }).optional(),
    roles: list(z.object({ name: z.string() })).default([]),
    catalog: catalogSchema.default([]),
  }),
})

export type TokenBody = z.infer<typeof tokenSchema>['token']

/** Identity API v3, "Password authentication with scoped authorization": POST /v3/auth/tokens. */
export async function issueToken(http: Http, identityUrl: string, credentials: Credentials): Promise<Token> {
  const domain = domainReference(credentials.domain ?? 'default')
  const user = { name: credentials.username, domain, password: credentials.password }
  const request: HttpRequest = {
    method: 'POST',
    url: `${identityUrl}/auth/tokens`,
    json: {
      auth: {
        identity: { methods: ['password'], password: { user } },
        scope: { project: { name: credentials.project, domain } },
      },
    },
  }
  return readToken(request, await http.send(request))
}

/** The token of an answer of /v3/auth/tokens; its id is in the header X-Subject-Token. */
export function readToken(request: HttpRequest, answer: HttpAnswer): Token {
  const { token } = checked(tokenSchema, request, answer)
  const id = answer.headers['x-subject-token']
  if (typeof id === 'string') return new Token(id, token)
  const { method, url } = request
  throw new ApiError({ method, url, status: answer.status, said: 'no X-Subject-Token header' })
}

/** `default` is the id of the domain that every Keystone is bootstrapped with; its name is `Default`. */
function domainReference(domain: string): { id: string } | { name: string } {
  return domain === 'default' ? { id: domain } : { name: domain }
}
