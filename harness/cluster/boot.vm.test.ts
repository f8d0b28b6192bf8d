import { beforeAll, expect, test } from 'vitest'
import { bootCluster } from './boot.js'
import type { Cluster } from './cluster.js'
import { planProvision, provision } from './provision.js'
import { expectNothingLeft, ownHost } from '../testing/own-host.js'
import { pair, pocketHost } from '../testing/pocket.js'

ownHost()

let cluster: Cluster<'one' | 'two'>

beforeAll(async () => {
  cluster = await bootCluster(pair, await pocketHost())
  return () => cluster.close()
})

test('provisioning gives every node its name, and tells it of every other', async () => {
  const planned = await planProvision(cluster)
  expect(planned.map(({ node, file }) => `${node}:${file}`).sort()).toEqual([
    ...['one:/etc/hostname', 'one:/etc/hosts', 'two:/etc/hostname', 'two:/etc/hosts'],
  ])
  // To plan it changes nothing.
  expect(await planProvision(cluster)).toEqual(planned)
  expect(await provision(cluster)).toEqual(planned)
  for (const name of ['one', 'two'] as const) {
    expect(await cluster.node(name).run`hostname`).toBe(name)
    for (const other of ['one', 'two']) await cluster.node(name).run`ping -c 1 -W 10 ${other}`
  }
})

test('doing it again changes nothing', async () => {
  const hosts = await cluster.node('one').readFile('/etc/hosts')
  expect(await provision(cluster)).toEqual([])
  expect(await cluster.node('one').readFile('/etc/hosts')).toEqual(hosts)
})

test('the bridge is the gateway, and it leads nowhere', async () => {
  const one = cluster.node('one')
  await one.run`ping -c 1 -W 10 192.168.7.1`
  expect((await one.execute('ping -c 1 -W 1 198.51.100.1')).exitCode).not.toBe(0)
})

test('a port is waited for, and reached from outside', async () => {
  const two = cluster.node('two')
  const open = two.waitForPort(8000, { timeout: '60s' })
  await two.run`mkdir -p /srv && echo hello >/srv/index.html && httpd -p 8000 -h /srv`
  await open
  const socket = await cluster.dial('two', 8000)
  socket.end('GET / HTTP/1.0\r\n\r\n')
  let answer = ''
  for await (const data of socket) answer += String(data)
  expect(answer).toContain('hello')
})

test('a service that speaks first, and much, is heard whole', async () => {
  const two = cluster.node('two')
  await two.run`sh -c ${'dd if=/dev/zero bs=1M count=8 2>/dev/null | tr "\\0" x >/tmp/much'}`
  for (let round = 0; round < 5; round++) {
    await two.run`sh -c ${'nc -l -p 8002 -e cat /tmp/much >/dev/null 2>&1 </dev/null &'}`
    await two.waitUntil({ timeout: '30s' })`netstat -ltn | grep -q :8002`
    const socket = await cluster.dial('two', 8002)
    let heard = 0
    for await (const data of socket) heard += (data as Buffer).length
    expect(heard).toBe(8 * 1024 ** 2)
  }
})

test('a port that stays closed is named, with what was seen', async () => {
  await expect(cluster.node('two').waitForPort(8001, { timeout: '500ms' })).rejects.toMatchObject({
    code: 'WAIT_TIMEOUT',
    message: expect.stringMatching(/port 8001 of two[\s\S]*ECONNREFUSED|nothing yet/) as string,
  })
})

test('closing leaves nothing', async () => {
  await cluster.close()
  await expectNothingLeft()
})
