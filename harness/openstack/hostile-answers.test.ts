import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { ApiError } from './api-error.js'
import { openCloud, type Cloud, type CloudOptions } from './cloud.js'
import { htmlText } from './html-text.js'
import { loadOf } from '../torture/hold.js'
import { serve, tokenAnswer, type Peer } from './testing/loopback.js'
import type { RequestListener } from 'node:http'

/** A controller that gives tokens, and answers all else as it is told. */
function controller(token: string, answer: RequestListener): Promise<Peer> {
  return serve((request, response) => {
    request.resume()
    request.on('error', () => undefined)
    if (request.url !== '/v3/auth/tokens' || request.method !== 'POST') {
      answer(request, response)
      return
    }
    response.writeHead(201, { 'x-subject-token': token })
    response.end(tokenAnswer({ image: 'http://controller:9292', compute: 'http://controller:8774/v2.1' }))
  })
}

function cloudOf({ dial }: Peer, more: Partial<CloudOptions> = {}): Cloud {
  const identityUrl = 'http://controller:5000/v3'
  return openCloud({
    dial,
    identityUrl,
    username: 'admin',
    password: 'canary-password',
    project: 'admin',
    ...more,
  })
}

describe('an answer', () => {
  const bodies: Record<string, string> = {
    '<': '<'.repeat(65_536),
    '<head>': '<head>'.repeat(11_000),
    '[': '['.repeat(65_536),
    '{"a":': '{"a":'.repeat(13_000),
    blanks: `<br${' '.repeat(65_000)}<`,
  }
  test.each(Object.keys(bodies))('of 64 KB of %s holds nobody up', async (name) => {
    await using peer = await controller('t', (_, response) => response.writeHead(500).end(bodies[name]))
    using cloud = cloudOf(peer)
    await cloud.catalog()
    const { hold } = await loadOf(() => expect(cloud.glance.list()).rejects.toBeInstanceOf(ApiError))
    // 3 s before.
    expect(hold).toBeLessThan(500)
  })

  test.each(['1', '{}', '[]', '""'])('of millions of %s is refused before it is parsed', async (value) => {
    const body = `{"images":[${Array.from({ length: 900_000 }, () => value).join(',')}]}`
    await using peer = await controller('t', (_, response) => response.end(body))
    using cloud = cloudOf(peer)
    await cloud.catalog()
    const { hold } = await loadOf(() =>
      expect(cloud.glance.list()).rejects.toThrow('not the documented form'),
    )
    expect(hold).toBeLessThan(500)
  })

  test('that is too long is not read to its end', async () => {
    let sent = 0
    await using peer = await controller('t', (_, response) => {
      const more = (): void => {
        while (!response.destroyed && sent < 1e9) {
          sent += 65_536
          if (!response.write(Buffer.alloc(65_536, ' '))) return void response.once('drain', more)
        }
        response.end()
      }
      more()
    })
    using cloud = cloudOf(peer)
    await expect(cloud.glance.list()).rejects.toThrow('the answer has more than 4 MiB')
    await expect(cloud.glance.uploadData('x', Readable.from(['data']))).rejects.toThrow('more than 4 MiB')
    expect(sent).toBeLessThan(64 * 1024 * 1024)
  })

  test('is never decompressed', async () => {
    const bomb = gzipSync(Buffer.alloc(50_000_000))
    const asked: unknown[] = []
    await using peer = await controller('t', (request, response) => {
      asked.push(request.headers['accept-encoding'])
      response.writeHead(request.method === 'GET' ? 200 : 500, { 'content-encoding': 'gzip' }).end(bomb)
    })
    using cloud = cloudOf(peer)
    await expect(cloud.glance.list()).rejects.toThrow('not the documented form')
    await expect(cloud.glance.delete('x')).rejects.toThrow('encoded as gzip, which was not asked for')
    await expect(cloud.glance.uploadData('x', Readable.from(['data']))).rejects.toThrow('encoded as gzip')
    expect(asked).toEqual(['identity', 'identity', 'identity'])
  })

  test("that drips ends at the time-out, an upload's too", async () => {
    await using peer = await controller('t', (request, response) => {
      const timer = setInterval(() => response.write(' '), 20)
      response.on('close', () => clearInterval(timer))
      request.on('close', () => undefined)
    })
    using cloud = cloudOf(peer, { timeouts: { request: '400ms' } })
    const started = performance.now()
    await expect(cloud.glance.list()).rejects.toThrow(/Timeout|ETIMEDOUT/)
    await expect(cloud.glance.uploadData('x', Readable.from(['data']))).rejects.toThrow(
      'no whole answer in 400 ms',
    )
    // Without end otherwise.
    expect(performance.now() - started).toBeLessThan(15_000)
  })

  test('no upload is longer than it may be, whatever the body waits for', async () => {
    await using peer = await controller('t', () => undefined)
    using cloud = cloudOf(peer, { timeouts: { upload: '300ms' } })
    const endless = new Readable({ read: () => undefined })
    await expect(cloud.glance.uploadData('x', endless)).rejects.toThrow('the upload was not done in 300 ms')
    expect(endless.destroyed).toBe(true)
  })

  test('acts on no terminal', async () => {
    await using peer = await controller('t', (_, response) =>
      response
        .writeHead(409, { 'x-trans-id': 'tx' })
        .end('{"conflict":{"message":"\\u001b]52;c;cm0=\\u0007"}}'),
    )
    using cloud = cloudOf(peer)
    await expect(cloud.glance.list()).rejects.toMatchObject({ said: '\\x1b]52;c;cm0=\\x07' })
  })
})

test('neither token nor password is in an error, wherever a service repeats them', async () => {
  const token = 'canary-token-of-no-known-form'
  await using peer = await controller(token, (request, response) => {
    const said = `${request.url} x ${String(request.headers['x-auth-token'])} canary-password`
    if (request.url?.includes('redirect'))
      response.writeHead(302, { location: `http://controller/${token}` }).end()
    else if (request.url?.includes('html')) response.writeHead(500).end(`<p>${said}</p>`)
    else if (request.url?.includes('cut')) response.writeHead(500).end(`${'x'.repeat(490)}${said}`)
    else
      response.writeHead(400, { 'x-trans-id': token }).end(JSON.stringify({ badRequest: { message: said } }))
  })
  using cloud = cloudOf(peer)
  const { keystone, glance } = cloud
  const calls = [
    () => glance.get('json'),
    () => glance.get('html'),
    () => glance.get('cut'),
    () => glance.get('redirect'),
    () => glance.get(token),
    () => glance.uploadData('json', Readable.from(['data'])),
    () => keystone.createUser({ name: 'x', password: 'canary-password' }),
    () => keystone.validateToken(token),
    () => keystone.revokeToken(token),
  ]
  for (const call of calls) {
    const error = await call().then(
      () => undefined,
      (caught: unknown) => caught,
    )
    expect(error).toBeInstanceOf(ApiError)
    const { message, said, url, stack, requestId } = error as ApiError
    expect([message, said, url, stack, requestId].join('\n')).not.toMatch(/canary-(token|password)/)
  }
})

describe('the text of a page', () => {
  test.each([
    ['<html><head><title>x</title></head><body>a <b>b</b></body></html>', 'a b'],
    ['<header>kept</header><style>p{}</style>too', 'kept too'],
    ['a < b', 'a < b'],
    ['<script>never closed', ''],
    ['<HEAD>x</HEAD>seen', 'seen'],
  ])('%s', (html, text) => {
    expect(htmlText(html)).toBe(text)
  })
})
