import { createHook } from 'node:async_hooks'
import { connect } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Sandbox } from '../sandbox/index.js'
import { ownHost } from '../testing/own-host.js'
import { openCloud } from './cloud.js'
import { connected, listenAt, tokenAnswer, type Peer } from './testing/loopback.js'

ownHost()

/** The controller of this test is a program in a real sandbox, at an address that the sandbox's bridge has. */
const controller = { name: 'controller', address: '192.168.7.2' }
const identityPort = 5000
const leadPort = 9000

// Keystone answers with the catalogue that was asked for last (`?lead=`); the other port redirects there.
const server = `
  const { createServer } = require('node:http')
  const [address, tokens] = process.argv.slice(1)
  const answers = JSON.parse(tokens)
  let lead = ''
  const wanted = (url) => decodeURIComponent(url.split('lead=')[1] ?? '')
  createServer((request, response) => {
    request.resume()
    if (wanted(request.url)) { lead = wanted(request.url); response.end(); return }
    response.writeHead(201, { 'x-subject-token': 'a-token-of-a-test' }).end(answers[lead])
  }).listen(${identityPort}, address)
  createServer((request, response) => {
    request.resume()
    response.writeHead(307, { location: lead }).end()
  }).listen(${leadPort}, address)
`

let sandbox: Sandbox
let host: Peer

/** Addresses that lead out of the sandbox, or to what is none of the topology. */
const elsewhere = (): string[] => [
  `http://127.0.0.1:${host.port}`,
  `https://127.0.0.1:${host.port}`,
  `https://localhost:${host.port}`,
  `http://[::ffff:127.0.0.1]:${host.port}`,
  'https://foreign.example',
  'http://foreign.example:8774/v2.1',
  'file:///etc/passwd',
]

beforeAll(async () => {
  host = await listenAt('127.0.0.1')
  sandbox = await Sandbox.open({ cidr: '192.168.7.0/24', gateway: '192.168.7.1', hosts: [controller] })
  const added = await sandbox.run(['ip', 'address', 'add', `${controller.address}/24`, 'dev', 'br0'])
  expect(added).toEqual({ status: 0, output: '' })
  const tokens = Object.fromEntries(
    elsewhere().map((url) => [
      url,
      tokenAnswer({ image: url, compute: `http://controller:${leadPort}/v2.1` }),
    ]),
  )
  const command = [process.execPath, '--eval', server, controller.address, JSON.stringify(tokens)]
  sandbox.start(command, join(sandbox.folder, 'controller.log'))
  for (const port of [identityPort, leadPort])
    expect(await sandbox.port('controller', port, { timeout: 60_000 })).toEqual({ open: true })
})

afterAll(async () => {
  await sandbox.close()
  await host[Symbol.asyncDispose]()
})

/** Says to the controller where its catalogue and its redirects lead from now on. */
async function leadTo(url: string): Promise<void> {
  const socket = await sandbox.dial('controller', identityPort)
  socket.end(
    `GET /?lead=${encodeURIComponent(url)} HTTP/1.1\r\nhost: controller\r\nconnection: close\r\n\r\n`,
  )
  let answer = ''
  for await (const piece of socket) answer += String(piece)
  expect(answer).toMatch(/^HTTP\/1.1 200/)
}

/** What this process did outside while something ran: connections over TCP, and questions for an address. */
async function stepsOutside(work: () => Promise<unknown>): Promise<string[]> {
  const steps: string[] = []
  const outside = /^(TCPCONNECTWRAP|GETADDRINFOREQWRAP|QUERYWRAP)$/
  const hook = createHook({
    init: (_, type) => {
      if (outside.test(type)) steps.push(type)
    },
  }).enable()
  try {
    await work()
  } finally {
    hook.disable()
  }
  return steps
}

test('what a guest names leads no connection of the host anywhere, and nobody asks a resolver', async () => {
  // What is said below is only worth something when such a step counts.
  const step = async (): Promise<unknown> => (await connected(connect(host.port, 'localhost'))).destroy()
  expect(await stepsOutside(step)).toEqual(['GETADDRINFOREQWRAP', 'TCPCONNECTWRAP'])
  await expect.poll(() => host.connections()).toBe(1)
  const steps = await stepsOutside(async () => {
    for (const url of elsewhere()) {
      await leadTo(url)
      using cloud = openCloud({
        ...{ dial: sandbox.dial, identityUrl: `http://controller:${identityPort}/v3` },
        ...{ username: 'admin', password: 'a-password-of-a-test', project: 'admin' },
        timeouts: { retry: '200ms', connect: '5s' },
      })
      await expect(cloud.glance.list(), url).rejects.toThrow(/topology|neither http nor https/)
      await expect(cloud.nova.services(), url).rejects.toThrow('no redirect is followed')
    }
  })
  expect(steps).toEqual([])
  expect(host.connections()).toBe(1)
})
