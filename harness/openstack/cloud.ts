import type { Method } from 'got'
import type { ApiVersions } from '../contract/index.js'
import { StackrigError } from '../errors/index.js'
import type { Timeline } from '../timeline/index.js'
import { Answer } from './answer.js'
import type { CatalogEntry, ServiceType } from './catalog.js'
import { CinderV3, type Cinder } from './cinder.js'
import { CinderV1 } from './cinder-v1.js'
import type { Dial } from './agent.js'
import { GlanceV2, type Glance } from './glance.js'
import { GlanceV1 } from './glance-v1.js'
import { Http, type Timeouts } from './http.js'
import { KeystoneV3, type Keystone } from './keystone.js'
import { KeystoneV2 } from './keystone-v2.js'
import { Neutron } from './neutron.js'
import { Nova } from './nova.js'
import { Placement } from './placement.js'
import { Service, type CallOptions } from './service.js'
import { Session, type SessionOptions } from './session.js'
import { Swift } from './swift.js'
import type { Credentials, Token } from './token.js'

const newestApis: ApiVersions = { identity: 'v3', image: 'v2', volume: 'v3' }

export interface CloudOptions extends Credentials {
  dial: Dial
  /** `http://controller:5000/v3` */
  identityUrl: string
  /** Default `RegionOne`. */
  region?: string
  /** Default: the newest of each. */
  apis?: ApiVersions
  /** Ends all calls, at once and for good. */
  signal?: AbortSignal | undefined
  timeouts?: Timeouts
  /** Certificates (PEM) of the authorities that signed those of the cloud; without them, those that Node trusts. */
  ca?: string | undefined
  /** Every call is told there; default: nowhere. */
  timeline?: Timeline | undefined
}

/** All services of a cloud as one user of it sees them. */
export class Cloud implements Disposable {
  readonly keystone: Keystone
  readonly glance: Glance
  readonly nova: Nova
  readonly neutron: Neutron
  readonly placement: Placement
  readonly cinder: Cinder
  readonly swift: Swift
  readonly #session: Session
  readonly #services: Readonly<Record<ServiceType, Service>>

  constructor(options: SessionOptions) {
    const session = new Session(options)
    const at = (type: ServiceType, version: string): Service =>
      new Service(session, () => session.endpoint(type, version))
    this.#session = session
    const { apis } = session
    this.#services = {
      identity: new Service(session, () => Promise.resolve(session.identityUrl)),
      ...{ image: at('image', apis.image), volume: at('volume', apis.volume) },
      ...{ compute: at('compute', 'v2.1'), network: at('network', 'v2.0') },
      ...{ placement: at('placement', ''), 'object-store': at('object-store', '') },
    }
    this.keystone =
      apis.identity === 'v3'
        ? new KeystoneV3(new Service(session, () => Promise.resolve(session.identityUrl)))
        : new KeystoneV2(new Service(session, () => session.endpoint('identity', 'v2.0', 'admin')))
    this.glance = apis.image === 'v2' ? new GlanceV2(at('image', 'v2')) : new GlanceV1(at('image', 'v1'))
    // Up to Liberty, and so wherever v2.0 is the identity API here, Neutron knows a project by this name alone.
    this.neutron = new Neutron(at('network', 'v2.0'), apis.identity === 'v3' ? 'project_id' : 'tenant_id')
    this.nova = new Nova(at('compute', 'v2.1'), {
      image: async (name) => (await this.glance.list({ name }))[0]?.id,
      network: async (name) => (await this.neutron.networks({ name }))[0]?.id,
    })
    this.placement = new Placement(at('placement', ''))
    this.cinder = apis.volume === 'v3' ? new CinderV3(at('volume', 'v3')) : new CinderV1(at('volume', 'v1'))
    this.swift = new Swift(at('object-store', ''))
  }

  /** The services and their addresses, as in the token. */
  async catalog(): Promise<CatalogEntry[]> {
    return (await this.#session.token()).catalog
  }

  /**
   * A request that no client has a method for, with the user's token: `request('network', 'POST', '/routers', { json })`. The
   * path is below the service's address and version, as OpenStack's API reference has it.
   * @throws ApiError for an error status
   */
  async request(type: ServiceType, method: Method, path: string, options: CallOptions = {}): Promise<Answer> {
    const service = this.#services[type]
    const url = await service.url(path)
    return new Answer({ method, url }, await service.send(method, path, options))
  }

  /**
   * The id of what has that name in a list: `idOf('network', '/networks', 'tenant')`.
   * @throws StackrigError UNEXPECTED_STATE when none or several are called so; ApiError
   */
  async idOf(type: ServiceType, path: string, name: string): Promise<string> {
    const { json } = await this.request(type, 'GET', path)
    const lists = typeof json === 'object' && json !== null ? Object.values(json) : []
    const entries = lists.find((one): one is { id?: unknown; name?: unknown }[] => Array.isArray(one)) ?? []
    const ids = entries.filter((entry) => entry.name === name).map(({ id }) => String(id))
    const [id] = ids
    if (id !== undefined && ids.length === 1) return id
    throw new StackrigError('UNEXPECTED_STATE', `one of ${type}${path} must be called ${name}`, {
      seen:
        ids.length > 1
          ? `${ids.length} are`
          : `there are: ${entries.map((entry) => String(entry.name)).join(', ')}`,
    })
  }

  /** The same cloud as another user (or with another password or project) sees it. */
  as(credentials: Partial<Credentials>): Cloud {
    const { http, identityUrl, region, apis } = this.#session
    return new Cloud({
      http,
      identityUrl,
      region,
      apis,
      credentials: { ...this.#session.credentials, ...credentials },
    })
  }

  /** The same cloud with a token that is used as it is: not renewed when a service refuses it. */
  withToken(token: Token): Cloud {
    const { http, identityUrl, region, apis, credentials } = this.#session
    return new Cloud({ http, identityUrl, region, apis, credentials, fixed: token })
  }

  /** Closes idle connections, also those of clouds made from this one. */
  [Symbol.dispose](): void {
    this.#session.http.close()
  }
}

/** A cloud, not spoken to yet: the first call asks for a token. */
export function openCloud(options: CloudOptions): Cloud {
  const {
    dial,
    identityUrl,
    region = 'RegionOne',
    apis = newestApis,
    signal,
    timeouts,
    ca,
    timeline,
    ...credentials
  } = options
  return new Cloud({
    http: new Http(dial, timeouts, signal, { ca, timeline }),
    identityUrl,
    region,
    apis,
    credentials,
  })
}
