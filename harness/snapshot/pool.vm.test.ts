import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, beforeAll, expect, test } from 'vitest'
import { requireMemory } from '../cluster/index.js'
import { runRoot } from '../sandbox/index.js'
import { TimelineFile, timelineName } from '../timeline/index.js'
import { machinesBelow } from '../testing/leftovers.js'
import { expectNothingLeft, ownHost } from '../testing/own-host.js'
import { pairWithDisks } from '../testing/pocket.js'
import { forkCluster } from './fork.js'
import { ForkPool } from './pool.js'
import type { Snapshot } from './snapshot.js'

const { folder } = ownHost({ cache: 'own' })

let golden: Snapshot<'one' | 'two'>
beforeAll(async () => {
  golden = await pairWithDisks(folder)
})
afterEach(expectNothingLeft)

const machines = async (): Promise<number[]> => (await machinesBelow(runRoot())).map(({ pid }) => pid)

/** A topology that no machine has the memory for. */
const huge = (): Snapshot<'one' | 'two'> => ({
  ...golden,
  topology: {
    ...golden.topology,
    nodes: golden.topology.nodes.map((node) => ({ ...node, memoryMiB: 100_000_000 })),
  },
})

test('a fork that was loaded ahead is taken: no machine starts, and it is a cluster like any other', async () => {
  await using pool = new ForkPool()
  expect(await pool.prepare(golden)).toBe(true)
  const loaded = await machines()
  expect(loaded).toHaveLength(2)
  await using cluster = await pool.take(golden)
  expect(await machines()).toEqual(loaded)
  const [one, two] = [cluster.node('one'), cluster.node('two')]
  expect(await Promise.all([one.run`hostname`, two.run`hostname`])).toEqual(['one', 'two'])
  await Promise.all([one.run`ping -c 1 -W 10 two`, two.run`ping -c 1 -W 10 one`])
  await one.run`sh -c ${'echo word >/root/word; echo disk | dd of=/dev/vda conv=fsync'}`
  const moment = await cluster.moment('taken')
  await using twin = await moment.fork()
  expect(await twin.node('one').run`cat /root/word`).toBe('word')
  expect(await twin.node('one').run`head -c 4 /dev/vda`).toBe('disk')
  expect(cluster.origin?.key).toBe(golden.key)
})

test('the clocks of a fork that stood still go on from where they stopped, and what it is behind the host is known', async () => {
  await using pool = new ForkPool()
  await pool.prepare(golden)
  const stood = 8000
  await delay(stood)
  await using cluster = await pool.take(golden)
  const clock = Number(await cluster.node('one').run`date +%s`) * 1000
  expect(Math.abs(Date.now() - cluster.clockBehind - clock)).toBeLessThan(stood / 2)
})

test('it has the logs and the timeline of whoever takes it', async () => {
  const logFolder = join(folder, 'logs')
  await using pool = new ForkPool()
  await pool.prepare(golden, { logFolder })
  using timeline = new TimelineFile(join(logFolder, timelineName), { mask: (text) => text })
  await using cluster = await pool.take(golden, { logFolder, timeline })
  expect(cluster.timeline).toBe(timeline)
  await cluster.node('one').run`sh -c ${'echo said >/dev/ttyS0; ping -c 1 -W 10 two'}`
  await expect.poll(() => readFileSync(join(logFolder, 'one.console.log'), 'utf8')).toContain('said')
  const events = (): string => readFileSync(timeline.path, 'utf8')
  await expect.poll(events).toMatch(/"kind":"console".*said/)
  expect(events()).toMatch(/"event":"RESUME"/)
  expect(readdirSync(logFolder)).toEqual(expect.arrayContaining(['one.pcap', 'two.pcap']))
})

test('who wants another one gets another one, and that which nobody takes ends with the pool', async () => {
  const pool = new ForkPool()
  const logFolder = join(folder, 'nobody')
  expect(await pool.prepare(golden, { logFolder })).toBe(true)
  const loaded = await machines()
  // It is there already.
  expect(await pool.prepare(golden, { logFolder })).toBe(true)
  expect(await machines()).toEqual(loaded)
  await using cluster = await pool.take(golden, { logFolder: join(folder, 'another') })
  expect(await cluster.node('one').run`hostname`).toBe('one')
  expect(await machines()).toEqual(expect.arrayContaining(loaded))
  expect(existsSync(logFolder)).toBe(true)
  await pool.close()
  await cluster.close()
  expect(await machines()).toEqual([])
  expect(existsSync(logFolder)).toBe(false)
})

test('what others have put beside its logs stays', async () => {
  const logFolder = join(folder, 'others')
  const pool = new ForkPool()
  await pool.prepare(golden, { logFolder })
  expect(readdirSync(logFolder)).toEqual(expect.arrayContaining(['one.console.log', 'one.pcap']))
  writeFileSync(join(logFolder, 'theirs'), '')
  await pool.close()
  expect(readdirSync(logFolder)).toEqual(['theirs'])
  // Where somebody has files already, none is loaded.
  await using another = new ForkPool()
  expect(await another.prepare(golden, { logFolder })).toBe(false)
})

test('one that was loaded for somebody who did not come makes room for the next', async () => {
  await using pool = new ForkPool()
  const [absent, next] = [join(folder, 'absent'), join(folder, 'next')]
  expect(await pool.prepare(golden, { logFolder: absent })).toBe(true)
  const loaded = await machines()
  expect(await pool.prepare(golden, { logFolder: next })).toBe(true)
  for (const pid of await machines()) expect(loaded).not.toContain(pid)
  expect(existsSync(absent)).toBe(false)
  await using cluster = await pool.take(golden, { logFolder: next })
  expect(await cluster.node('two').run`hostname`).toBe('two')
})

test('who does not want it any more while it loads does not wait for it', async () => {
  await using pool = new ForkPool()
  void pool.prepare(golden)
  const signal = AbortSignal.abort(new Error('enough'))
  await expect(pool.take(golden, { signal })).rejects.toThrow('enough')
  await expect.poll(machines).toEqual([])
})

test('nothing is loaded by a pool that was closed', async () => {
  const pool = new ForkPool()
  await Promise.all([pool.close(), pool.close()])
  expect(await pool.prepare(golden)).toBe(false)
  expect(await machines()).toEqual([])
})

test('one that is given up while it loads leaves nothing', async () => {
  const pool = new ForkPool()
  const loading = pool.prepare(golden)
  await pool.close()
  expect(await loading).toBe(false)
  expect(await machines()).toEqual([])
})

test('one that died while it stood still is not taken', async () => {
  await using pool = new ForkPool()
  await pool.prepare(golden)
  const [first = 0] = await machines()
  process.kill(first, 'SIGKILL')
  await expect.poll(machines).not.toContain(first)
  const logFolder = join(folder, 'died')
  using timeline = new TimelineFile(join(logFolder, timelineName), { mask: (text) => text })
  await using cluster = await pool.take(golden, { timeline })
  expect(await cluster.node('one').run`hostname`).toBe('one')
  expect(await cluster.node('two').run`hostname`).toBe('two')
  expect(readFileSync(timeline.path, 'utf8')).toMatch(/a fork that was loaded ahead is replaced: QEMU/)
})

test('none is loaded when memory is short, and the one that is there is given up for who needs it', async () => {
  await using pool = new ForkPool()
  expect(await pool.prepare(huge())).toBe(false)
  expect(await machines()).toEqual([])
  expect(await pool.prepare(golden)).toBe(true)
  await requireMemory(golden.topology, golden.images)
  expect(await machines()).toHaveLength(2)
  const { topology, images } = huge()
  await expect(requireMemory(topology, images)).rejects.toMatchObject({ code: 'HOST_MEMORY' })
  expect(await machines()).toEqual([])
  // Whoever wanted it forks as without a pool.
  await using cluster = await pool.take(golden)
  expect(await cluster.node('one').run`hostname`).toBe('one')
})

test('to take one that stands still takes a fraction of what a fork takes', async () => {
  const times: number[] = []
  for (let run = 0; run < 3; run++) {
    await using pool = new ForkPool()
    const forked = await timeOf(() => forkCluster(golden))
    await pool.prepare(golden)
    times.push((await timeOf(() => pool.take(golden))) / forked)
  }
  expect(times.toSorted((a, b) => a - b)[1]).toBeLessThan(0.6)
})

async function timeOf(fork: () => Promise<AsyncDisposable>): Promise<number> {
  const started = performance.now()
  const cluster = await fork()
  const took = performance.now() - started
  await cluster[Symbol.asyncDispose]()
  return took
}
