import { createServer, type ServerResponse } from 'node:http'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { StackrigError } from '../../errors/index.js'
import { openCloud, type Cloud } from '../../openstack/index.js'
import { loadOf } from '../hold.js'
import { Chance } from '../random.js'
import type { Row } from '../row.js'

const mebibyte = 1024 * 1024
const floodMiB = 100
// ms
const timeout = 1000

/** 100 KB, 100 MiB when somebody inflates them. */
const bomb = gzipSync(Buffer.alloc(floodMiB * mebibyte, '<'))

/** The ways an API floods or starves its client. */
const floods: Record<string, (response: ServerResponse, unit: Buffer) => void> = {
  plain: (response, unit) => pour(response, Buffer.concat(Array.from({ length: 64 }, () => unit))),
  'plain, as an error': (response, unit) => {
    response.statusCode = 500
    pour(response, Buffer.concat(Array.from({ length: 64 }, () => unit)))
  },
  gzip: (response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb),
  'gzip, as an error': (response) => response.writeHead(500, { 'content-encoding': 'gzip' }).end(bomb),
  dripped: (response, unit) => {
    const timer = setInterval(() => response.write(unit.subarray(0, 1)), 10)
    response.on('close', () => clearInterval(timer))
  },
  'nested to the limit': (response) => response.end('['.repeat(4 * mebibyte - 1)),
  'full to the limit': (response, unit) => {
    const entries = unit.toString('latin1').replaceAll(/["\\\x00-\x1f]/g, '') || 'x'
    response.end(`{"images":[${`"${entries}",`.repeat((3 * mebibyte) / (entries.length + 3))}1]}`)
  },
}
const names = Object.keys(floods)

/** Memory + 64 MB at most, the event loop not held, the time-out kept within a second; an upload's answer, too. */
export const row: Row = {
  name: 'flood-http',
  amounts: { small: 4 * names.length, nightly: 40 * names.length },
  attempt: async (seed) => {
    const chance = new Chance(seed)
    const name = names[seed % names.length] ?? 'plain'
    const unit = Buffer.from(chance.one(['<', '[', '{"a":', '\x1b]52;', '"', ' ', 'x\n', '<head>', '&lt;']))
      .toString()
      .repeat(200)
    const uploading = chance.below(2) === 0
    await using peer = await flooding((response) => floods[name]?.(response, Buffer.from(unit)))
    using cloud = cloudAt(peer.dial)
    await cloud.catalog()
    const what = `${name} of ${JSON.stringify(unit.slice(0, 8))}${uploading ? ', of an upload' : ''}`
    // Others use this machine: what really holds the loop does so each time.
    for (let tries = 1; ; tries += 1) {
      const problem = await problemOf(uploading, () =>
        uploading ? cloud.glance.uploadData('x', Readable.from(['data'])) : cloud.glance.list(),
      )
      if (problem === undefined) return
      if (tries === 3) throw new Error(`${what}: ${problem}`)
    }
  },
}

async function problemOf(uploading: boolean, ask: () => Promise<unknown>): Promise<string | undefined> {
  const started = performance.now()
  let problem: string | undefined
  const { hold, memory } = await loadOf(async () => {
    try {
      await ask()
      // An upload has no answer that is looked at.
      if (!uploading) problem = 'it was taken for an answer'
    } catch (error) {
      if (!(error instanceof StackrigError)) throw error
    }
  })
  const took = performance.now() - started
  if (took > timeout + 1000) return `took ${Math.round(took)} ms of ${timeout}`
  if (hold > 100) return `held the event loop for ${Math.round(hold)} ms`
  if (memory > 64 * mebibyte) return `took ${Math.round(memory / mebibyte)} MiB`
  return problem
}

function pour(response: ServerResponse, data: Buffer): void {
  let left = floodMiB * mebibyte
  const more = (): void => {
    while (left > 0 && !response.destroyed) {
      left -= data.length
      if (!response.write(data)) return void response.once('drain', more)
    }
    response.end()
  }
  more()
}

function cloudAt(dial: (host: string, port: number) => Promise<Socket>): Cloud {
  const identityUrl = 'http://controller:5000/v3'
  return openCloud({
    dial,
    identityUrl,
    username: 'admin',
    password: 'secret',
    project: 'admin',
    timeouts: { request: timeout },
  })
}

/** A server on loopback that gives tokens, and floods whoever asks for more. */
async function flooding(
  flood: (response: ServerResponse) => void,
): Promise<AsyncDisposable & { dial: (host: string, port: number) => Promise<Socket> }> {
  const server = createServer((request, response) => {
    request.resume().on('error', () => undefined)
    response.on('error', () => undefined)
    if (request.url !== '/v3/auth/tokens') {
      flood(response)
      return
    }
    const endpoints = [{ interface: 'public', region: 'RegionOne', url: 'http://controller:9292' }]
    const user = { id: 'u', name: 'admin' }
    const token = { expires_at: '2026-01-01T00:00:00Z', user, catalog: [{ type: 'image', endpoints }] }
    response.writeHead(201, { 'x-subject-token': 'token' }).end(JSON.stringify({ token }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    dial: () =>
      new Promise((resolve, reject) => {
        const socket = connect(port, '127.0.0.1')
        socket.once('connect', () => resolve(socket)).once('error', reject)
      }),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
