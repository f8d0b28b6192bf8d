import type { CatalogEntry, ServiceType } from './catalog.js'
import { Cinder } from './cinder.js'
import type { Dial } from './agent.js'
import { Glance } from './glance.js'
import { Http, type Timeouts } from './http.js'
import { Keystone } from './keystone.js'
import { Neutron } from './neutron.js'
import { Nova } from './nova.js'
import { Placement } from './placement.js'
import { Service } from './service.js'
import { Session, type SessionOptions } from './session.js'
import { Swift } from './swift.js'
import type { Credentials, Token } from './token.js'

export interface CloudOptions extends Credentials {
  dial: Dial
  /** `http://controller:5000/v3` */
  identityUrl: string
  /** Default `RegionOne`. */
  region?: string
  /** Ends all calls, at once and for good. */
  signal?: AbortSignal | undefined
  timeouts?: Timeouts
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

  constructor(options: SessionOptions) {
    const session = new Session(options)
    const at = (type: ServiceType, version: string): Service =>
      new Service(session, () => session.endpoint(type, version))
    this.#session = session
    this.keystone = new Keystone(new Service(session, () => Promise.resolve(session.identityUrl)))
    this.glance = new Glance(at('image', 'v2'))
    this.neutron = new Neutron(at('network', 'v2.0'))
    this.nova = new Nova(at('compute', 'v2.1'), {
      image: async (name) => (await this.glance.list({ name }))[0]?.id,
      network: async (name) => (await this.neutron.networks({ name }))[0]?.id,
    })
    this.placement = new Placement(at('placement', ''))
    this.cinder = new Cinder(at('volume', 'v3'))
    this.swift = new Swift(at('object-store', ''))
  }

  /** The services and their addresses, as in the token. */
  async catalog(): Promise<CatalogEntry[]> {
    return (await this.#session.token()).catalog
  }

  /** The same cloud as another user (or with another password or project) sees it. */
  as(credentials: Partial<Credentials>): Cloud {
    const { http, identityUrl, region } = this.#session
    return new Cloud({
      http,
      identityUrl,
      region,
      credentials: { ...this.#session.credentials, ...credentials },
    })
  }

  /** The same cloud with a token that is used as it is: not renewed when a service refuses it. */
  withToken(token: Token): Cloud {
    const { http, identityUrl, region, credentials } = this.#session
    return new Cloud({ http, identityUrl, region, credentials, fixed: token })
  }

  /** Closes idle connections, also those of clouds made from this one. */
  [Symbol.dispose](): void {
    this.#session.http.close()
  }
}

/** A cloud, not spoken to yet: the first call asks for a token. */
export function openCloud(options: CloudOptions): Cloud {
  const { dial, identityUrl, region = 'RegionOne', signal, timeouts, ...credentials } = options
  return new Cloud({ http: new Http(dial, timeouts, signal), identityUrl, region, credentials })
}
