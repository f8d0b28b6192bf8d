// Servers of node:http and node:net on this machine's loopback: they test how requests get there, not OpenStack.
import { createServer, type RequestListener } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { connect, createServer as createListener, type AddressInfo, type Server, type Socket } from 'node:net'
import type { Dial } from '../agent.js'
import { certificate, key } from './certificate.js'

export interface Peer extends AsyncDisposable {
  port: number
  /** Leads the host `controller` to the server, whatever the port, and knows no other. */
  dial: Dial
  /** What was dialled, as `HOST:PORT`, the refused ones too. */
  dialled: string[]
  /** Connections there have been. */
  connections: () => number
}

/** A server of HTTP, or with `tls` of HTTPS. */
export function serve(handler: RequestListener, options: { tls?: boolean } = {}): Promise<Peer> {
  return listen(options.tls ? createTlsServer({ cert: certificate, key }, handler) : createServer(handler))
}

/** Something that should not be connected to; on 127.0.0.1, ::1 or a unix socket. */
export function listenAt(where: string): Promise<Peer> {
  return listen(
    createListener((socket) => socket.destroy()),
    where,
  )
}

async function listen(server: Server, where = '127.0.0.1'): Promise<Peer> {
  let connections = 0
  const sockets = new Set<Socket>()
  server.on('connection', (socket) => {
    connections += 1
    sockets.add(socket)
    socket.on('error', () => undefined)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    if (where.startsWith('/')) server.listen(where, resolve)
    else server.listen(0, where, resolve)
  })
  const address = server.address() as AddressInfo | string
  const port = typeof address === 'string' ? 0 : address.port
  const dialled: string[] = []
  return {
    port,
    dialled,
    connections: () => connections,
    dial: (host, wanted) => {
      dialled.push(`${host}:${wanted}`)
      if (host !== 'controller') return Promise.reject(unknownHost(host))
      return connected(connect(port, '127.0.0.1'))
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

export function connected(socket: Socket): Promise<Socket> {
  return new Promise((resolve, reject) => socket.once('connect', () => resolve(socket)).once('error', reject))
}

const unknownHost = (host: string): Error =>
  Object.assign(new Error(`there is no host ${host}`), { code: 'ENOTFOUND' })

/** The answer of Keystone v3 with a catalogue that has these addresses, one for each service type. */
export function tokenAnswer(endpoints: Record<string, string>): string {
  const catalog = Object.entries(endpoints).map(([type, url]) => ({
    type,
    endpoints: [{ interface: 'public', region: 'RegionOne', url }],
  }))
  return JSON.stringify({
    token: { expires_at: '2026-01-01T00:00:00Z', user: { id: 'u', name: 'admin' }, catalog },
  })
}
