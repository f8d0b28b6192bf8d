import { createHook } from 'node:async_hooks'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterEach, expect, test } from 'vitest'
import { openCloud, type Cloud } from './cloud.js'
import { certificate } from './testing/certificate.js'
import { connected, listenAt, serve, tokenAnswer, type Peer } from './testing/loopback.js'

const proxies = ['http_proxy', 'https_proxy', 'all_proxy', 'NODE_USE_ENV_PROXY']

afterEach(() => {
  for (const name of proxies) Reflect.deleteProperty(process.env, name)
})

/** A controller whose catalogue and redirects lead where `elsewhere` says. */
async function controllerLeadingTo(elsewhere: string): Promise<Peer> {
  return serve((request, response) => {
    request.resume()
    if (request.url === '/v3/auth/tokens') {
      response.writeHead(201, { 'x-subject-token': 'a-token-of-a-test' })
      response.end(tokenAnswer({ image: elsewhere, compute: 'http://controller:8774/v2.1' }))
    } else response.writeHead(307, { location: elsewhere }).end()
  })
}

function cloudOf(peer: Pick<Peer, 'dial'>, ca?: string): Cloud {
  return openCloud({
    dial: peer.dial,
    identityUrl: 'http://controller:5000/v3',
    username: 'admin',
    password: 'a-password-of-a-test',
    project: 'admin',
    timeouts: { retry: '200ms', connect: '2s' },
    ca,
  })
}

/** How often this process asked a resolver while something ran. */
async function lookupsDuring(work: () => Promise<unknown>): Promise<number> {
  let lookups = 0
  const resolver = /^(GETADDRINFOREQWRAP|QUERYWRAP|GETNAMEINFOREQWRAP)$/
  const hook = createHook({
    init: (_, type) => {
      if (resolver.test(type)) lookups += 1
    },
  }).enable()
  try {
    await work()
  } finally {
    hook.disable()
  }
  return lookups
}

test(
  'an endpoint of a catalogue, or a redirect, leads to nothing but hosts that dial knows',
  { timeout: 30_000 },
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'ways-out-'))
    const socket = join(folder, 'socket')
    await using four = await listenAt('127.0.0.1')
    await using six = await listenAt('::1')
    await using unix = await listenAt(socket)
    // What is said of them below is only worth something when they count.
    for (const open of [
      () => connect(four.port, '127.0.0.1'),
      () => connect(six.port, '::1'),
      () => connect(socket),
    ])
      (await connected(open())).destroy()
    await expect.poll(() => [four, six, unix].map((each) => each.connections())).toEqual([1, 1, 1])
    const addresses = [
      ...['http', 'https'].flatMap((scheme) => [
        `${scheme}://127.0.0.1:${four.port}`,
        `${scheme}://localhost:${four.port}`,
        `${scheme}://[::1]:${six.port}`,
        `${scheme}://[::ffff:127.0.0.1]:${four.port}`,
        `${scheme}://2130706433:${four.port}`,
        `${scheme}://controller@127.0.0.1:${four.port}`,
        `${scheme}://foreign.example:${four.port}`,
        `${scheme}://unix:${socket}:/v2/images`,
      ]),
      `file:///etc/passwd`,
      `unix:${socket}`,
      `ws://127.0.0.1:${four.port}`,
      'no address',
    ]
    for (const name of ['http_proxy', 'https_proxy', 'all_proxy'])
      process.env[name] = `http://127.0.0.1:${four.port}`
    process.env['NODE_USE_ENV_PROXY'] = '1'
    const lookups = await lookupsDuring(async () => {
      for (const address of addresses) {
        await using controller = await controllerLeadingTo(address)
        using cloud = cloudOf(controller)
        const refusals = { name: expect.stringMatching(/^(ApiError|StackrigError)$/) as string }
        await expect(cloud.glance.list(), address).rejects.toMatchObject(refusals)
        await expect(cloud.glance.uploadData('x', Readable.from(['data'])), address).rejects.toMatchObject(
          refusals,
        )
        await expect(cloud.nova.services(), address).rejects.toThrow('no redirect is followed')
        expect(controller.dialled.filter((dialled) => dialled.startsWith('controller:'))).not.toHaveLength(0)
      }
    })
    expect([four, six, unix].map((each) => each.connections())).toEqual([1, 1, 1])
    expect(lookups).toBe(0)
    await rm(folder, { recursive: true })
  },
)

test('the resolver is counted', async () => {
  expect(await lookupsDuring(() => import('node:dns/promises').then((dns) => dns.lookup('localhost')))).toBe(
    1,
  )
})

test('TLS goes over dialled connections, to a host whose certificate is trusted', async () => {
  const asked: (string | undefined)[] = []
  await using image = await serve(
    (request, response) => {
      request.resume().on('end', () => {
        asked.push(request.url)
        response.end('{"images":[]}')
      })
    },
    { tls: true },
  )
  await using keystone = await controllerLeadingTo('https://controller:9292')
  const dial: Peer['dial'] = (host, port) =>
    port === 9292 ? image.dial(host, port) : keystone.dial(host, port)
  using trusting = cloudOf({ dial }, certificate)
  expect(await trusting.glance.list()).toEqual([])
  await trusting.glance.uploadData('x', Readable.from(['data']))
  expect(asked).toEqual(['/v2/images?limit=1000', '/v2/images/x/file'])
  expect(image.dialled).toEqual(['controller:9292', 'controller:9292'])
  using wary = cloudOf({ dial })
  await expect(wary.glance.list()).rejects.toThrow(/self-signed certificate/)
})
