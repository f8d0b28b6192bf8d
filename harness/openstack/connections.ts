import { request as plainRequest, type ClientRequest, type RequestOptions } from 'node:http'
import { request as tlsRequest } from 'node:https'
import { DialAgent, DialTlsAgent, type Dial } from './agent.js'

/**
 * The one place that decides where a request goes. A catalogue, or a redirect, is what a guest said: whatever stands there, it is
 * http or https to a host that `dial` knows, or nothing. Neither this machine's resolver nor its own network, a proxy of its
 * environment, a unix socket or a file is ever in question.
 */
export class Connections {
  readonly #kept: { http: DialAgent; https: DialTlsAgent }
  readonly #single: { http: DialAgent; https: DialTlsAgent }

  /** `connectTimeout` in ms; `ca` are certificates (PEM) to trust instead of Node's own. */
  constructor(dial: Dial, connectTimeout: number, ca: string | undefined) {
    const agents = (keepAlive: boolean): { http: DialAgent; https: DialTlsAgent } => ({
      http: new DialAgent(dial, connectTimeout, { keepAlive }),
      https: new DialTlsAgent(dial, connectTimeout, { keepAlive, ca }),
    })
    this.#kept = agents(true)
    this.#single = agents(false)
  }

  /** For got: agents for both schemes; `kept` ones use a connection again. */
  agents({ kept }: { kept: boolean }): { http: DialAgent; https: DialTlsAgent } {
    return kept ? this.#kept : this.#single
  }

  /** A request over a connection of its own, as node:http and node:https have it. @throws TypeError for another scheme */
  request(url: string, options: Omit<RequestOptions, 'agent'>): ClientRequest {
    const { http, https } = this.#single
    const address = checkedAddress(url)
    return address.protocol === 'https:'
      ? tlsRequest(address, { ...options, agent: https })
      : plainRequest(address, { ...options, agent: http })
  }

  /** Closes idle connections. */
  close(): void {
    for (const { http, https } of [this.#kept, this.#single]) {
      http.destroy()
      https.destroy()
    }
  }
}

/** The address, if it is one of http or https. @throws TypeError with why it is none */
export function checkedAddress(url: string): URL {
  const address = URL.canParse(url) ? new URL(url) : undefined
  if (address?.protocol === 'http:' || address?.protocol === 'https:') return address
  throw new TypeError(address ? `${address.protocol} is neither http nor https` : 'this is no address')
}
