import * as z from 'zod'
import { StackrigError } from '../errors/index.js'
import { checked, type Http, type HttpAnswer, type HttpRequest } from './http.js'
import { Token, type Credentials } from './token.js'
import { list } from './json.js'

const endpointSchema = z
  .object({
    region: z.string(),
    publicURL: z.string(),
    internalURL: z.string().optional(),
    adminURL: z.string().optional(),
  })
  .transform(({ region, publicURL, internalURL = publicURL, adminURL = publicURL }) => [
    { interface: 'public' as const, region, url: publicURL },
    { interface: 'internal' as const, region, url: internalURL },
    { interface: 'admin' as const, region, url: adminURL },
  ])

const accessSchema = z.object({
  access: z.object({
    token: z.object({
      id: z.string(),
      expires: z.string(),
      tenant: z.object({ id: z.string(), name: z.string() }).optional(),
    }),
    user: z.object({
      id: z.string(),
      name: z.string(),
      roles: list(z.object({ name: z.string() })).default([]),
    }),
    serviceCatalog: list(
      z.object({ type: z.string(), name: z.string(), endpoints: list(endpointSchema) }),
    ).default([]),
  }),
})

/**
 * Identity API v2.0, "Authenticate": POST /v2.0/tokens.
 *
 * @throws ApiError; StackrigError USAGE for a domain other than the default one, which v2.0 does not know.
 */
export async function issueTokenV2(
  http: Http,
  identityUrl: string,
  credentials: Credentials,
): Promise<Token> {
  const { username, password, project, domain = 'default' } = credentials
  if (domain.toLowerCase() !== 'default') {
    throw new StackrigError('USAGE', `identity API v2.0 has no domains, and ${domain} was asked for`)
  }
  const request: HttpRequest = {
    method: 'POST',
    url: `${identityUrl}/tokens`,
    json: { auth: { passwordCredentials: { username, password }, tenantName: project } },
  }
  return readTokenV2(request, await http.send(request))
}

/** The token of an answer of /v2.0/tokens or /v2.0/tokens/ID; its id is in the body. */
export function readTokenV2(request: HttpRequest, answer: HttpAnswer): Token {
  const { token, user, serviceCatalog } = checked(accessSchema, request, answer).access
  return new Token(token.id, {
    expires_at: token.expires,
    user,
    project: token.tenant,
    roles: user.roles,
    catalog: serviceCatalog.map(({ endpoints, ...service }) => ({ ...service, endpoints: endpoints.flat() })),
  })
}
