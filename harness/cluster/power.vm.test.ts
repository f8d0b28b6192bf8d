import { readFile } from 'node:fs/promises'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Cluster } from './cluster.js'
import { forkCluster } from '../snapshot/index.js'
import { provision } from './provision.js'
import { ownHost } from '../testing/own-host.js'
import { pairGolden } from '../testing/pocket.js'

ownHost()

let cluster: Cluster<'one' | 'two'>

beforeEach(async () => {
  cluster = await forkCluster(await pairGolden())
})

afterEach(() => cluster.close())

test('a node loses its memory with its power, and answers again when it is back', async () => {
  const { one, two } = { one: cluster.node('one'), two: cluster.node('two') }
  await one.run`touch /tmp/mark`
  await one.powerOff()
  await expect(one.run`true`).rejects.toMatchObject({ code: 'SHELL_LOST' })
  await two.waitUntil({ timeout: '30s' })`! ping -c 1 -W 1 192.168.7.2`
  await one.powerOn()
  expect((await one.execute('ls /tmp/mark')).exitCode).not.toBe(0)
  await two.waitUntil({ timeout: '30s' })`ping -c 1 -W 1 192.168.7.2`
  expect(cluster.signal.aborted).toBe(false)
  // Both boots of a node's life are in one log.
  expect((await readFile(one.consoleLog, 'utf8')).match(/login:/g)?.length).toBeGreaterThan(0)
})

test('a node that shuts down is no crash; one that takes too long is told', async () => {
  const one = cluster.node('one')
  await one.shutDown()
  // There is nothing left to switch off, now or later.
  await one.powerOff()
  await one.powerOn()
  await expect(one.powerOn()).rejects.toMatchObject({ code: 'USAGE' })
  expect(await one.run`echo on`).toBe('on')
  await expect(one.shutDown({ timeout: '1ms' })).rejects.toMatchObject({ code: 'WAIT_TIMEOUT' })
  // It does so later, and that is no crash either.
  await vi.waitUntil(() => one.machine.ended.aborted, { timeout: 60_000 })
  expect(await cluster.node('two').run`echo on`).toBe('on')
  expect(cluster.signal.aborted).toBe(false)
})

test('provisioning passes over a node that is off', async () => {
  await cluster.node('one').powerOff()
  await cluster.node('two').run`rm /etc/hosts`
  expect((await provision(cluster)).map(({ node, file }) => `${node} ${file}`)).toEqual(['two /etc/hosts'])
})

test('a node that is switched on has the time of the cluster, whose clocks went on from the snapshot', async () => {
  const golden = await pairGolden()
  const hour = 3_600_000
  for (const ago of [0, hour]) {
    await using fork = await forkCluster({ ...golden, made: new Date(golden.made.getTime() - ago) })
    const [one, two] = [fork.node('one'), fork.node('two')]
    await one.powerOff()
    await one.powerOn()
    const [switchedOn, running] = await Promise.all([one.run`date +%s`, two.run`date +%s`])
    // Clocks of this kind count seconds.
    expect(Math.abs(Number(running) - Number(switchedOn) - ago / 1000)).toBeLessThan(5)
  }
})

test('a node that crashes after it was switched on again ends the waits on every other', async () => {
  const { one, two } = { one: cluster.node('one'), two: cluster.node('two') }
  await one.powerOff()
  await one.powerOn()
  const waiting = two.waitUntil({ timeout: '2min' })`false`
  void one.execute('echo c >/proc/sysrq-trigger').catch(() => undefined)
  await expect(waiting).rejects.toMatchObject({ code: 'NODE_CRASHED' })
})

test('a third node joins, is reached by name from outside, and by address from the others', async () => {
  const plan = { image: 'pocket', role: 'pocket', address: '192.168.7.8' }
  const [three] = await Promise.all([
    cluster.addNode('three', plan),
    cluster.addNode('four', { ...plan, address: '192.168.7.10' }),
  ])
  expect(cluster.nodes.map(({ name }) => name)).toEqual(['one', 'two', 'three', 'four'])
  await cluster.node('one').waitUntil({ timeout: '30s' })`ping -c 1 -W 1 192.168.7.8`
  await three.run`nc -l -p 900 -e true >/dev/null 2>&1 &`
  await three.waitForPort(900, { timeout: '30s' })
  await expect(cluster.addNode('five', plan)).rejects.toMatchObject({ code: 'TOPOLOGY_INVALID' })
  await expect(cluster.addNode('three', { ...plan, address: '192.168.7.9' })).rejects.toMatchObject({
    code: 'TOPOLOGY_INVALID',
  })
  await expect(
    cluster.addNode('five', { ...plan, image: 'nowhere', address: '192.168.7.9' }),
  ).rejects.toMatchObject({ code: 'IMAGE_MISSING' })
})
