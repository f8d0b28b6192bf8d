import { Agent, type ClientRequestArgs } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'

/** Opens a TCP connection to a port of a node, wherever that node is. */
export type Dial = (host: string, port: number) => Promise<Socket>

/**
 * A node:http agent that gets its connections from `dial`, so that requests keep their real URL
 * (`http://controller:5000/v3`) although no resolver of this machine knows that host.
 */
export class DialAgent extends Agent {
  readonly #dial: Dial
  readonly #connectTimeout: number

  /** `connectTimeout` in ms; a dial that takes longer fails with ETIMEDOUT. */
  constructor(dial: Dial, connectTimeout: number, options: { keepAlive: boolean }) {
    super(options)
    this.#dial = dial
    this.#connectTimeout = connectTimeout
  }

  override createConnection(
    options: ClientRequestArgs,
    callback?: (error: Error | null, stream: Duplex) => void,
  ): undefined {
    const host = options.host ?? 'localhost'
    const port = Number(options.port ?? 80)
    dialWithin(this.#dial, host, port, this.#connectTimeout).then(
      (socket) => callback?.(null, socket),
      // node:http looks at the stream only when there is no error.
      (error: unknown) => callback?.(error as Error, undefined as unknown as Duplex),
    )
  }
}

/** One connection, or an ETIMEDOUT error after `timeout` ms; a connection that comes too late is closed. */
async function dialWithin(dial: Dial, host: string, port: number, timeout: number): Promise<Socket> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(Object.assign(new Error(`no connection within ${timeout} ms`), { code: 'ETIMEDOUT' }))
    }, timeout)
  })
  const connecting = dial(host, port)
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
