import type { ApiVersions } from '../contract/index.js'
import { endpointUrl, versioned, withoutSlashes, type ServiceType } from './catalog.js'
import { hasStatus } from './api-error.js'
import type { Http, HttpAnswer, HttpRequest } from './http.js'
import { issueToken, type Credentials, type Token } from './token.js'
import { issueTokenV2 } from './token-v2.js'

export interface SessionOptions {
  http: Http
  /** `http://controller:5000/v3` */
  identityUrl: string
  region: string
  apis: ApiVersions
  credentials: Credentials
  /** Use this token as it is and never ask for another. */
  fixed?: Token | undefined
}

/**
 * One user's authenticated way to all services. The token is asked for when it is first needed, shared by all parallel
 * calls, and renewed once when a service answers 401. Its expiry is not looked at: a forked cluster's clock is not ours.
 */
export class Session {
  readonly http: Http
  readonly identityUrl: string
  readonly region: string
  readonly apis: ApiVersions
  readonly credentials: Credentials
  readonly #fixed: Token | undefined
  #token: Promise<Token> | undefined

  constructor(options: SessionOptions) {
    this.http = options.http
    this.identityUrl = withoutSlashes(options.identityUrl)
    this.region = options.region
    this.apis = options.apis
    this.#fixed = options.fixed
    this.credentials = options.credentials
    // A password must not stand in a failed assertion's print of a cloud.
    Object.defineProperty(this, 'credentials', { enumerable: false })
  }

  /** The shared token. */
  token(): Promise<Token> {
    if (this.#fixed) return Promise.resolve(this.#fixed)
    if (this.#token) return this.#token
    const issue = this.apis.identity === 'v3' ? issueToken : issueTokenV2
    const token = issue(this.http, this.identityUrl, this.credentials)
    this.#token = token
    token.catch(() => {
      if (this.#token === token) this.#token = undefined
    })
    return token
  }

  /** The address of a service from the catalogue, with its API version. */
  async endpoint(type: ServiceType, version: string, which?: 'public' | 'admin'): Promise<string> {
    const { catalog } = await this.token()
    const url = endpointUrl(catalog, type, this.region, which)
    return version === '' ? url : versioned(url, version)
  }

  /** Sends a request with the token, and once more with a new one when the service answers 401. */
  async send(request: HttpRequest): Promise<HttpAnswer> {
    const token = await this.token()
    try {
      return await this.http.send(this.#withToken(request, token))
    } catch (error) {
      if (this.#fixed || !hasStatus(error, 401)) throw error
      return await this.http.send(this.#withToken(request, await this.#renewed(token)))
    }
  }

  /** A newer token than `refused`; of several callers that were refused only the first asks Keystone. */
  async #renewed(refused: Token): Promise<Token> {
    const current = await this.token()
    if (current !== refused) return current
    this.#token = undefined
    return this.token()
  }

  #withToken(request: HttpRequest, token: Token): HttpRequest {
    const secrets = [this.credentials.password]
    return { ...request, headers: { ...request.headers, 'x-auth-token': token.id }, secrets }
  }
}
