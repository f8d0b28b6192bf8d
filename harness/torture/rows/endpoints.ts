import { createHook } from 'node:async_hooks'
import { createServer, type Server } from 'node:http'
import { connect, createServer as createListener, type AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { StackrigError } from '../../errors/index.js'
import { openCloud } from '../../openstack/index.js'
import { changed } from '../change.js'
import { Chance } from '../random.js'
import type { Row } from '../row.js'

const resolver = /^(GETADDRINFOREQWRAP|QUERYWRAP|GETNAMEINFOREQWRAP)$/
const words = [
  '@',
  ':',
  '/',
  '[::1]',
  '127.0.0.1',
  'localhost',
  '\\',
  '%2f',
  '#',
  '?',
  '0',
  '.',
  'controller',
  '%00',
  ' ',
  'ⓛocalhost',
  'file:',
  'https:',
]

/** Wherever a catalogue or a redirect leads, nothing but dial is asked: no connection of this machine's own, no name looked up. */
export const row: Row = {
  name: 'endpoints',
  amounts: { small: 200, nightly: 1000 },
  attempt: async (seed) => {
    const chance = new Chance(seed)
    let lookups = 0
    let outside = 0
    const elsewhere = createListener((socket) => {
      outside += 1
      socket.destroy()
    })
    const away = await listening(elsewhere)
    const hosts = [
      '127.0.0.1',
      'localhost',
      '[::1]',
      'foreign.example',
      '2130706433',
      'controller@127.0.0.1',
      'unix:/run/docker.sock:',
    ]
    const valid = [
      ...['http', 'https'].flatMap((scheme) => hosts.map((host) => `${scheme}://${host}:${away}/v2`)),
      'file:///etc/passwd',
      'unix:/run/docker.sock',
    ]
    const address = chance.below(2) === 0 ? chance.one(valid) : changed(chance.one(valid), words, chance)
    const server = createServer((request, response) => {
      request.resume()
      if (request.url !== '/v3/auth/tokens') {
        try {
          response.writeHead(307, { location: address })
        } catch {
          response.statusCode = 500
        }
        response.end()
        return
      }
      const endpoint = (url: string): object[] => [{ interface: 'public', region: 'RegionOne', url }]
      const catalog = [
        { type: 'image', endpoints: endpoint(address) },
        { type: 'compute', endpoints: endpoint('http://controller:8774/v2.1') },
      ]
      const token = { expires_at: '2026-01-01T00:00:00Z', user: { id: 'u', name: 'admin' }, catalog }
      response.writeHead(201, { 'x-subject-token': 'token' }).end(JSON.stringify({ token }))
    })
    const port = await listening(server)
    using cloud = openCloud({
      dial: (host) =>
        host === 'controller'
          ? Promise.resolve(connect(port, '127.0.0.1'))
          : Promise.reject(Object.assign(new Error(`there is no host ${host}`), { code: 'ENOTFOUND' })),
      identityUrl: 'http://controller:5000/v3',
      username: 'admin',
      password: 'secret',
      project: 'admin',
      timeouts: { retry: 1, request: '2s', connect: '1s' },
    })
    const hook = createHook({
      init: (_, type) => {
        if (resolver.test(type)) lookups += 1
      },
    }).enable()
    try {
      for (const ask of [
        () => cloud.glance.list(),
        () => cloud.glance.uploadData('x', Readable.from(['data'])),
        () => cloud.nova.services(),
      ]) {
        await ask().then(
          () => undefined,
          (error: unknown) => {
            if (!(error instanceof StackrigError)) throw error
          },
        )
      }
    } finally {
      hook.disable()
      server.closeAllConnections()
      for (const each of [server, elsewhere]) each.close()
    }
    if (outside > 0 || lookups > 0)
      throw new Error(`${outside} connections and ${lookups} look-ups for ${JSON.stringify(address)}`)
  },
}

async function listening(server: Server | ReturnType<typeof createListener>): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}
