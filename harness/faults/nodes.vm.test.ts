import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { Cluster, FaultEvent, RunningNode } from '../cluster/index.js'
import { forkCluster } from '../snapshot/index.js'
import { ownHost } from '../testing/own-host.js'
import { pairGolden } from '../testing/pocket.js'
import { makeFaults } from './index.js'

ownHost()

let cluster: Cluster<'one' | 'two'>
let one: RunningNode
let two: RunningNode
let events: FaultEvent[] = []

beforeAll(async () => {
  cluster = await forkCluster(await pairGolden(), { makeFaults })
  ;[one, two] = [cluster.node('one'), cluster.node('two')]
  cluster.faults.onChange((event) => events.push(event))
  return () => cluster.close()
})
afterAll(() => {
  events = []
})

const answersPing = async (): Promise<boolean> =>
  (await two.execute(`ping -c 1 -W 5 ${one.plan.address}`)).exitCode === 0

test('a node that is paused answers nobody, and goes on where it was, with a clock that stood still', async () => {
  const behind = async (): Promise<number> =>
    Number(await two.run`date +%s`) - Number(await one.run`date +%s`)
  const before = await behind()
  const fault = await cluster.faults.pause('one')
  const command = one.run`echo still`
  await two.waitUntil({ timeout: '1min' })`! ping -c 1 -W 2 ${one.plan.address}`
  await fault.heal()
  expect(await command).toBe('still')
  expect(await answersPing()).toBe(true)
  const moved = events.at(-1)?.clocks?.find(({ node }) => node === 'one')?.moved ?? 0
  // It counts seconds.
  expect(Math.abs((await behind()) - before + moved / 1000)).toBeLessThan(3)
})

test('when all are paused, the whole cluster is behind by as much', async () => {
  const before = cluster.clockBehind
  const fault = await cluster.faults.pause('one', 'two')
  await fault.heal()
  expect(cluster.clockBehind).toBeGreaterThan(before)
  expect(events.at(-1)?.clocks).toBeUndefined()
  expect(await answersPing()).toBe(true)
})

test('a service is killed and started again, or stands still and goes on; one that does not run cannot be', async () => {
  await one.run`sh -c ${'httpd -p 910 -h / >/dev/null 2>&1'}`
  const served = (): Promise<boolean> =>
    one
      .execute('timeout 10 wget -O /dev/null http://127.0.0.1:910/etc/hosts')
      .then(({ exitCode }) => exitCode === 0)
  expect(await served()).toBe(true)
  const frozen = await cluster.faults.freeze('one', 'httpd')
  expect(await served()).toBe(false)
  await frozen.heal()
  expect(await served()).toBe(true)
  const killed = await cluster.faults.kill('one', 'httpd')
  await one.waitUntil({ timeout: '1min' })`! pidof httpd`
  await killed.heal()
  expect(await one.serviceState('httpd')).toBe('active')
  await one.stopServices('httpd')
  await expect(cluster.faults.kill('one', 'httpd')).rejects.toMatchObject({ code: 'FAULT_IMPOSSIBLE' })
  await expect(cluster.faults.freeze('one', 'no-such')).rejects.toMatchObject({ code: 'FAULT_IMPOSSIBLE' })
})

test('a load uses processors, memory pressure takes memory, and both are given back', async () => {
  const busy = async (): Promise<number> =>
    Number(await one.run`sh -c ${"grep -l '^State:.*running' /proc/[0-9]*/status 2>/dev/null | wc -l"}`)
  const before = await busy()
  const load = await cluster.faults.load('one', { programs: 3 })
  expect((await busy()) - before).toBeGreaterThanOrEqual(3)
  await load.heal()
  expect(await busy()).toBeLessThan(before + 3)

  const available = async (): Promise<number> =>
    Number(await one.run`sh -c ${"sed -n 's/^MemAvailable: *//p' /proc/meminfo | cut -d' ' -f1"}`) / 1024
  const free = await available()
  const pressure = await cluster.faults.memoryPressure('one', { leave: 30 })
  expect(await available()).toBeLessThan(45)
  await pressure.heal()
  expect(await available()).toBeGreaterThan(free - 10)
  await expect(cluster.faults.memoryPressure('one', { leave: 5000 })).rejects.toMatchObject({
    code: 'FAULT_IMPOSSIBLE',
  })
})

test('a clock jumps an hour ahead and back, and runs faster', async () => {
  const hour = 3600
  const ahead = async (): Promise<number> => {
    const [there, here] = await Promise.all([one.run`date +%s`, two.run`date +%s`])
    return Number(there) - Number(here)
  }
  const before = await ahead()
  const jump = await cluster.faults.clockJump('one', { by: '60min' })
  expect(Math.abs((await ahead()) - before - hour)).toBeLessThan(5)
  await jump.heal()
  expect(Math.abs((await ahead()) - before)).toBeLessThan(5)
  const back = await cluster.faults.clockJump('one', { by: '60min', back: true })
  expect(Math.abs((await ahead()) - before + hour)).toBeLessThan(5)
  await back.heal()

  const skew = await cluster.faults.clockSkew('one', { rate: 1.1 })
  const begun = await ahead()
  await vi.waitFor(async () => expect((await ahead()) - begun).toBeGreaterThanOrEqual(2), {
    timeout: 120_000,
    interval: 1000,
  })
  await skew.heal()
  expect(Math.abs((await ahead()) - before)).toBeLessThan(5)
  expect(await one.run`sh -c ${'adjtimex | grep -w tick'}`).toMatch(/10000/)
  await expect(async () => cluster.faults.clockSkew('one', { rate: 2 })).rejects.toMatchObject({
    code: 'USAGE',
  })
})

test('a name stands for another address, is not known, or is told late; files are as they were afterwards', async () => {
  const files = async (): Promise<string> =>
    one.run`sh -c ${'cat /etc/hosts; cat /etc/resolv.conf 2>/dev/null || :'}`
  await one.run`sh -c ${`echo ${two.plan.address} two other >>/etc/hosts`}`
  const before = await files()
  const resolves = async (name: string): Promise<string> =>
    /\(([\d.]+)\)/.exec((await one.execute(`ping -c 1 -W 1 ${name}`)).stdout.toString())?.[1] ?? 'not known'
  expect(await resolves('two')).toBe(two.plan.address)
  const wrong = await cluster.faults.nameWrong('one', 'two', '192.168.7.99')
  expect([await resolves('two'), await resolves('other')]).toEqual(['192.168.7.99', two.plan.address])
  await wrong.heal()
  const missing = await cluster.faults.nameMissing('one', 'two')
  expect(await resolves('two')).toBe('not known')
  await missing.heal()
  expect(await files()).toBe(before)
  const plain = performance.now()
  await resolves('two')
  const took = performance.now() - plain
  const slow = await cluster.faults.nameSlow('one', 'two', { by: '2s' })
  const begun = performance.now()
  expect(await resolves('two')).toBe(two.plan.address)
  expect(performance.now() - begun).toBeGreaterThan(Math.max(1900, took))
  await slow.heal()
  expect(await files()).toBe(before)
  await expect(cluster.faults.nameMissing('one', 'nobody')).rejects.toMatchObject({
    code: 'FAULT_IMPOSSIBLE',
  })
})

test('a file system is full, or cannot be written, and can be again', async () => {
  await one.run`sh -c ${'mkdir -p /full && mount -t tmpfs -o size=8m full /full'}`
  const writes = async (): Promise<string> => {
    const { exitCode, stderr } = await one.execute('dd if=/dev/zero of=/full/more bs=1000 count=100')
    await one.run`rm -f /full/more`.catch(() => undefined)
    return exitCode === 0 ? 'written' : stderr.toString()
  }
  const full = await cluster.faults.diskFull('one', { path: '/full' })
  expect(await writes()).toMatch(/No space left/)
  await full.heal()
  expect(await writes()).toBe('written')
  const little = await cluster.faults.diskFull('one', { path: '/full', leave: 1_000_000 })
  expect(await writes()).toBe('written')
  await little.heal()
  const readOnly = await cluster.faults.diskReadOnly('one', { path: '/full' })
  expect(await writes()).toMatch(/Read-only/)
  await readOnly.heal()
  expect(await writes()).toBe('written')
  // It has no disk, and what is no file system cannot be made read-only.
  for (const refused of [
    cluster.faults.diskSlow('one', { bytesPerSecond: 1000 }),
    cluster.faults.diskErrors('one', { on: 'read' }),
    cluster.faults.diskReadOnly('one'),
    cluster.faults.diskReadOnly('one', { path: '/nowhere' }),
    cluster.faults.diskFull('one', { path: '/proc' }),
  ])
    await expect(refused).rejects.toMatchObject({ code: 'FAULT_IMPOSSIBLE' })
  expect(cluster.faults.holding).toEqual([])
})

test('a power cut, a crash and a restart end a node, no wait ends of them, and healing boots it', async () => {
  for (const off of ['powerCut', 'crash', 'restart'] as const) {
    {
      await using fault = await cluster.faults[off]('one')
      expect([fault.name, one.isOn]).toEqual([off, false])
      await expect(cluster.faults.load('one')).rejects.toMatchObject({ code: 'FAULT_IMPOSSIBLE' })
    }
    expect(await one.run`echo on`).toBe('on')
    expect(cluster.signal.aborted).toBe(false)
  }
})

test('all that still hold end with their cluster, and that is told', async () => {
  const fork = await forkCluster(await pairGolden(), { makeFaults })
  const told: string[] = []
  fork.faults.onChange(({ fault, phase }) => told.push(`${fault} ${phase}`))
  const cut = await fork.faults.cut('one')
  const pause = await fork.faults.pause('two')
  await fork.close()
  expect(told).toEqual(['cut begin', 'pause begin', 'cut end', 'pause end'])
  expect([cut.holds, pause.holds]).toEqual([false, false])
  await cut.heal()
})
