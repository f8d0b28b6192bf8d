// The server here is a few lines of node:http: it tests how requests get there and what becomes of answers, not OpenStack.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { Readable } from 'node:stream'
import { inspect } from 'node:util'
import { afterEach, describe, expect, it } from 'vitest'
import { openCloud, type Cloud, type CloudOptions } from './cloud.js'
import { Http } from './http.js'
import { upload } from './upload.js'

type Handler = (request: IncomingMessage, response: ServerResponse, body: string) => void

const cleanUps: (() => void)[] = []
afterEach(() => cleanUps.splice(0).forEach((cleanUp) => cleanUp()))

/** A server on loopback and a dial that leads every host to it; `dialled` says what was asked for. */
async function serve(handler: Handler): Promise<{ dial: CloudOptions['dial']; dialled: string[] }> {
  const server = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('error', () => undefined)
    request.on('end', () => handler(request, response, Buffer.concat(parts).toString()))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanUps.push(() => {
    server.close()
    server.closeAllConnections()
  })
  const dialled: string[] = []
  const { port } = server.address() as AddressInfo
  return {
    dialled,
    dial: (host, wanted) => {
      dialled.push(`${host}:${wanted}`)
      return connected(connect(port, '127.0.0.1'))
    },
  }
}

function connected(socket: Socket): Promise<Socket> {
  return new Promise((resolve, reject) => socket.once('connect', () => resolve(socket)).once('error', reject))
}

const issuing = (request: IncomingMessage): boolean => request.url === '/v3/auth/tokens'

function tokenAnswer(response: ServerResponse, id: string): void {
  const endpoints = [{ interface: 'public', region: 'RegionOne', url: 'http://controller:9292' }]
  const user = { id: 'u', name: 'admin' }
  response.writeHead(201, { 'x-subject-token': id, 'content-type': 'application/json' })
  response.end(
    JSON.stringify({
      token: { expires_at: '2026-01-01T00:00:00Z', user, catalog: [{ type: 'image', endpoints }] },
    }),
  )
}

function cloudAt(dial: CloudOptions['dial'], more: Partial<CloudOptions> = {}): Cloud {
  return openCloud({
    dial,
    identityUrl: 'http://controller:5000/v3',
    username: 'admin',
    password: 'a-secret',
    project: 'admin',
    ...more,
  })
}

const noImages = '{"images":[]}'

describe('requests', () => {
  it('keep their host and port, and reuse connections', async () => {
    const hosts: (string | undefined)[] = []
    const { dial, dialled } = await serve((request, response) => {
      hosts.push(request.headers.host)
      response.end('{}')
    })
    const http = new Http(dial)
    await http.send({ method: 'GET', url: 'http://controller:9292/a' })
    await http.send({ method: 'GET', url: 'http://controller:9292/b' })
    expect(hosts).toEqual(['controller:9292', 'controller:9292'])
    expect(dialled).toEqual(['controller:9292'])
    http.close()
  })

  it('may be as many at once as one likes', async () => {
    const { dial } = await serve((_, response) => response.end('{}'))
    const warned: string[] = []
    const note = ({ name }: Error): number => warned.push(name)
    process.on('warning', note)
    cleanUps.push(() => process.off('warning', note))
    const http = new Http(dial, {}, new AbortController().signal)
    await Promise.all(Array.from({ length: 12 }, () => http.send({ method: 'GET', url: 'http://c:1/' })))
    await new Promise(setImmediate)
    expect(warned).toEqual([])
    http.close()
  })

  it('are tried again after a refused connection, but not a POST', async () => {
    const { dial } = await serve((_, response) => response.end('{}'))
    let refusals = 0
    const moody: CloudOptions['dial'] = (host, port) => {
      if (refusals++ < 2) return Promise.reject(Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }))
      return dial(host, port)
    }
    expect(await new Http(moody).send({ method: 'GET', url: 'http://c:1/' })).toMatchObject({ status: 200 })
    refusals = 0
    await expect(
      new Http(moody).send({ method: 'POST', url: 'http://c:1/', json: {} }),
    ).rejects.toMatchObject({
      code: 'API_FAILED',
      status: undefined,
      said: expect.stringContaining('ECONNREFUSED') as string,
    })
    expect(refusals).toBe(1)
  })

  it('stop trying at the timeout', async () => {
    const refuse = (): Promise<Socket> =>
      Promise.reject(Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }))
    const http = new Http(refuse, { retry: '250ms' })
    await expect(http.send({ method: 'GET', url: 'http://c:1/' })).rejects.toThrow('was not answered')
  })

  it('fail when there is no connection in time, and close one that comes too late', async () => {
    const { dial } = await serve((_, response) => response.end('{}'))
    const sockets: Socket[] = []
    const slow: CloudOptions['dial'] = async (host, port) => {
      await new Promise((resolve) => setTimeout(resolve, 60))
      const socket = await dial(host, port)
      sockets.push(socket)
      return socket
    }
    const http = new Http(slow, { connect: '20ms' })
    await expect(http.send({ method: 'GET', url: 'http://c:1/' })).rejects.toThrow(
      'no connection within 20 ms',
    )
    await expect.poll(() => sockets[0]?.destroyed).toBe(true)
  })

  it('end with the signal', async () => {
    const { dial } = await serve(() => undefined)
    const abort = new AbortController()
    const call = new Http(dial, {}, abort.signal).send({ method: 'GET', url: 'http://c:1/' })
    setTimeout(() => abort.abort(), 20)
    await expect(call).rejects.toMatchObject({ code: 'ABORTED' })
  })
})

describe('a session', () => {
  it('asks for one token for parallel calls, and for one more when it is refused', async () => {
    let issued = 0
    const { dial } = await serve((request, response) => {
      if (issuing(request)) {
        tokenAnswer(response, `token-${++issued}`)
        return
      }
      if (request.headers['x-auth-token'] === 'token-1') response.statusCode = 401
      response.end(noImages)
    })
    const { glance } = cloudAt(dial)
    await Promise.all([glance.list(), glance.list(), glance.list()])
    expect(issued).toBe(2)
  })

  it('does not go on asking when the new token is refused, too', async () => {
    let issued = 0
    const { dial } = await serve((request, response) => {
      if (issuing(request)) {
        tokenAnswer(response, `token-${++issued}`)
        return
      }
      response.writeHead(401).end('{"error":{"code":401,"message":"no"}}')
    })
    await expect(cloudAt(dial).glance.list()).rejects.toMatchObject({ status: 401, said: 'no' })
    expect(issued).toBe(2)
  })

  it('asks again after a failed authentication, and keeps a given token', async () => {
    let issued = 0
    const { dial } = await serve((request, response) => {
      if (!issuing(request)) return void response.writeHead(401).end()
      if (issued++ === 0) return void response.writeHead(500).end()
      tokenAnswer(response, 'token')
    })
    const cloud = cloudAt(dial)
    await expect(cloud.catalog()).rejects.toMatchObject({ status: 500 })
    const token = await cloud.keystone.issueToken()
    await expect(cloud.withToken(token).glance.list()).rejects.toMatchObject({ status: 401 })
    expect(issued).toBe(2)
  })

  it('shows neither password nor token when it is printed or fails', async () => {
    const { dial } = await serve((request, response) => {
      if (issuing(request)) {
        tokenAnswer(response, 'very-secret-token')
        return
      }
      request.socket.destroy()
    })
    const cloud = cloudAt(dial, { timeouts: { retry: 1 } })
    const token = await cloud.keystone.issueToken()
    const error: unknown = await cloud.glance.createImage({ name: 'x' }).catch((caught: unknown) => caught)
    const print = inspect([cloud, token, error], { depth: 20, showHidden: false })
    expect(print).toContain('API_FAILED')
    expect(print).not.toMatch(/very-secret-token|a-secret/)
  })

  it('says which field of an answer is not as documented', async () => {
    const { dial } = await serve((request, response) => {
      if (issuing(request)) {
        tokenAnswer(response, 'token')
        return
      }
      response.end('{"images":[{"id":1}]}')
    })
    await expect(cloudAt(dial).glance.list()).rejects.toThrow(/not the documented form: images\.0\.id/)
  })
})

describe('an upload', () => {
  it('announces its length and arrives whole', async () => {
    const data = Buffer.alloc(300_000, 'x')
    const { dial } = await serve((request, response, body) => {
      response
        .writeHead(204, { announced: request.headers['content-length'] ?? '', got: String(body.length) })
        .end()
    })
    const answer = await upload(new Http(dial), {
      url: 'http://controller:9292/v2/images/1/file',
      headers: {},
      body: Readable.from([data.subarray(0, 100_000), data.subarray(100_000)]),
      contentLength: data.length,
    })
    expect(answer).toMatchObject({ status: 204, headers: { announced: '300000', got: '300000' } })
  })

  it('ends the connection where a short body ends, after all its bytes', async () => {
    let bytes = 0
    let cutOff = false
    const server = createServer((request) => {
      request.on('data', (part: Buffer) => (bytes += part.length))
      request.on('error', () => (cutOff = true))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    cleanUps.push(() => server.close())
    const dial = (): Promise<Socket> =>
      connected(connect((server.address() as AddressInfo).port, '127.0.0.1'))
    const sending = upload(new Http(dial), {
      url: 'http://controller:9292/v2/images/1/file',
      headers: {},
      body: Readable.from([Buffer.alloc(1000)]),
      contentLength: 5000,
    })
    await expect(sending).rejects.toThrow('ended after 1000 of 5000 announced bytes')
    await expect.poll(() => cutOff).toBe(true)
    expect(bytes).toBe(1000)
  })

  it('fails with what the service says when it refuses early', async () => {
    const server = createServer((_, response) => response.writeHead(409).end('<h1>409 Conflict</h1> no'))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    cleanUps.push(() => {
      server.close()
      server.closeAllConnections()
    })
    const dial = (): Promise<Socket> =>
      connected(connect((server.address() as AddressInfo).port, '127.0.0.1'))
    const endless = Readable.from(
      (function* () {
        for (;;) yield Buffer.alloc(65_536)
      })(),
    )
    const sending = upload(new Http(dial), { url: 'http://c:1/file', headers: {}, body: endless })
    await expect(sending).rejects.toMatchObject({ status: 409, said: '409 Conflict no' })
  })
})
