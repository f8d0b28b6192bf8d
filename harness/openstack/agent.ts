import { Agent, type ClientRequestArgs } from 'node:http'
import { Agent as TlsAgent } from 'node:https'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { connect as startTls, type ConnectionOptions } from 'node:tls'

/** Opens a TCP connection to a port of a node, wherever that node is. Refuses hosts that it does not know, and asks no DNS. */
export type Dial = (host: string, port: number) => Promise<Socket>

interface AgentOptions {
  keepAlive: boolean
  /** Certificates (PEM) of the authorities that are trusted, instead of Node's own. */
  ca?: string | undefined
}

type Connected = (error: Error | null, stream: Duplex) => void

/**
 * A node:http agent that gets its connections from `dial`, so that requests keep their real URL
 * (`http://controller:5000/v3`) although no resolver of this machine knows that host.
 */
export class DialAgent extends Agent {
  readonly #dial: Dial
  readonly #connectTimeout: number

  /** `connectTimeout` in ms; a dial that takes longer fails with ETIMEDOUT. */
  constructor(dial: Dial, connectTimeout: number, { keepAlive }: AgentOptions) {
    super({ keepAlive })
    this.#dial = dial
    this.#connectTimeout = connectTimeout
  }

  override createConnection(options: ClientRequestArgs, callback?: Connected): undefined {
    answer(callback, dialled(this.#dial, options, 80, this.#connectTimeout))
  }
}

/** The same for node:https: TLS over a connection from `dial`. */
export class DialTlsAgent extends TlsAgent {
  readonly #dial: Dial
  readonly #connectTimeout: number

  /** `connectTimeout` in ms, once for the connection and once for TLS. */
  constructor(dial: Dial, connectTimeout: number, { keepAlive, ca }: AgentOptions) {
    super({ keepAlive, ...(ca !== undefined && { ca }) })
    this.#dial = dial
    this.#connectTimeout = connectTimeout
  }

  override createConnection(options: ClientRequestArgs & ConnectionOptions, callback?: Connected): undefined {
    const timeout = this.#connectTimeout
    const secured = dialled(this.#dial, options, 443, timeout).then((socket) =>
      within(secure(socket, options), timeout, 'no TLS'),
    )
    answer(callback, secured)
  }
}

function answer(callback: Connected | undefined, connecting: Promise<Duplex>): void {
  connecting.then(
    (stream) => callback?.(null, stream),
    // node:http looks at the stream only when there is no error.
    (error: unknown) => callback?.(error as Error, undefined as unknown as Duplex),
  )
}

function dialled(dial: Dial, options: ClientRequestArgs, usual: number, timeout: number): Promise<Socket> {
  return within(dial(options.host ?? '', Number(options.port ?? usual)), timeout, 'no connection')
}

/** Resolves when the other side has shown a certificate that is trusted and for that host. */
function secure(socket: Socket, options: ConnectionOptions): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const secured = startTls({ ...options, socket })
    secured.once('secureConnect', () => {
      secured.off('error', reject)
      resolve(secured)
    })
    secured.once('error', (error: Error) => {
      socket.destroy()
      reject(error)
    })
  })
}

/** What connects, or an ETIMEDOUT error after `timeout` ms; a connection that comes too late is closed. */
async function within(connecting: Promise<Socket>, timeout: number, missing: string): Promise<Socket> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(Object.assign(new Error(`${missing} within ${timeout} ms`), { code: 'ETIMEDOUT' }))
    }, timeout)
  })
  try {
    return await Promise.race([connecting, late])
  } catch (error) {
    connecting.then(
      (socket) => socket.destroy(),
      () => undefined,
    )
    throw error
  } finally {
    clearTimeout(timer)
  }
}
