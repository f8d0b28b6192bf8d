import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Cluster, Fault, FaultEvent, RunningNode } from '../cluster/index.js'
import { forkCluster } from '../snapshot/index.js'
import { ownHost } from '../testing/own-host.js'
import { pairGolden } from '../testing/pocket.js'
import { makeFaults } from './index.js'

ownHost()

let cluster: Cluster<'one' | 'two'>
let one: RunningNode
let two: RunningNode

beforeEach(async () => {
  cluster = await forkCluster(await pairGolden(), { makeFaults })
  ;[one, two] = [cluster.node('one'), cluster.node('two')]
})
afterEach(() => cluster.close())

/** What `ping` of busybox says of so many echoes: how many came back, and the shortest, mean and longest round trip, ms. */
async function pings(from: RunningNode, to: RunningNode, count: number, size = 56) {
  const command = `ping -c ${count} -i 0.05 -W 5 -s ${size} ${to.plan.address}`
  const said = (await from.execute(command, { timeout: '4min' })).stdout.toString()
  const [shortest = 0, mean = 0, longest = 0] = (/= ([\d./]+) ms/.exec(said)?.[1] ?? '')
    .split('/')
    .map(Number)
  return {
    received: Number(/(\d+) packets received/.exec(said)?.[1]),
    duplicates: [...said.matchAll(/DUP!/g)].length,
    order: [...said.matchAll(/seq=(\d+) /g)].map(([, number]) => Number(number)),
    ...{ shortest, mean, longest },
  }
}

/** A server of all its files. */
async function serve(node: RunningNode, port: number): Promise<void> {
  await node.run`sh -c ${`httpd -p ${port} -h / >/dev/null 2>&1`}`
  await node.waitForPort(port, { timeout: '1min' })
}

/** What comes of something while a fault holds. */
async function during<T>(begun: Promise<Fault>, work: () => Promise<T>): Promise<T> {
  await using fault = await begun
  const result = await work()
  expect(fault.holds).toBe(true)
  return result
}

/** The bridge and the taps of the cluster, as they lead to each other. */
const devices = async (): Promise<string[]> => {
  const { output } = await cluster.sandbox.run(['ip', '-o', 'link', 'show'])
  return output
    .split('\n')
    .map((line) => line.replace(/^\d+: ([^:@]+).*?(?: master (\w+))?(?: state.*|$)/, '$1 $2').trim())
}

test('a cut ends what passes between two nodes, one way or both, and is told of; the wire goes with it', async () => {
  const events: FaultEvent[] = []
  cluster.faults.onChange((event) => events.push(event))
  const before = await devices()
  expect((await pings(one, two, 3)).received).toBe(3)
  {
    await using fault = await cluster.faults.cut('one', 'two')
    expect(fault).toMatchObject({ name: 'cut', on: 'one – two', holds: true })
    expect(cluster.faults.holding).toEqual([fault])
    expect((await pings(one, two, 3)).received).toBe(0)
    expect((await pings(two, one, 3)).received).toBe(0)
    // From outside both are reached as before.
    await serve(one, 900)
    await one.waitForPort(900, { timeout: '1min' })
  }
  expect((await pings(one, two, 3)).received).toBe(3)
  expect(await devices()).toEqual(before)
  expect(events.map(({ fault, on, phase }) => `${fault} ${on} ${phase}`)).toEqual([
    'cut one – two begin',
    'cut one – two end',
  ])
  expect(events[1]?.text).toMatch(/touched \d+ frames/)
})

test('a cut of one direction, and of one port', async () => {
  // Each knows the other's MAC address: to ask for it takes both directions.
  await pings(two, one, 1)
  await using oneWay = await cluster.faults.cut('one', 'two', { oneWay: true })
  expect(oneWay.on).toBe('one → two')
  // What two sends arrives at one: it counts it, though two never hears of it.
  const echoes = async (): Promise<number> =>
    Number(await one.run`sh -c ${"grep '^Icmp:' /proc/net/snmp | tail -n 1 | cut -d' ' -f10"}`)
  const counted = await echoes()
  expect((await pings(two, one, 3)).received).toBe(0)
  expect((await echoes()) - counted).toBe(3)
  await oneWay.heal()
  await using fault = await cluster.faults.cut('one', '*', { port: 901 })
  expect(fault.on).toBe('one – two, port 901')
  await serve(one, 900)
  await serve(one, 901)
  const opens = async (port: number, patience = 60): Promise<boolean> =>
    (await two.execute(`timeout ${patience} wget -O /dev/null http://192.168.7.2:${port}/etc/hosts`))
      .exitCode === 0
  expect([await opens(900), await opens(901, 5)]).toEqual([true, false])
  await fault.heal()
  expect(await opens(901)).toBe(true)
})

test('a delay grows the round trip by twice its time, jitter spreads it, and both go', async () => {
  const plain = await pings(one, two, 20)
  await using delay = await cluster.faults.delay('one', 'two', { by: '100ms' })
  const late = await pings(one, two, 20)
  expect(late.received).toBe(20)
  expect(late.shortest - plain.shortest).toBeGreaterThan(195)
  expect(late.shortest - plain.shortest).toBeLessThan(350)
  {
    await using jitter = await cluster.faults.delay('one', 'two', { by: 40, jitter: 40, oneWay: true })
    const spread = await pings(one, two, 30)
    expect(jitter.holds).toBe(true)
    expect(spread.longest - spread.shortest).toBeGreaterThan(20)
    expect(spread.shortest).toBeGreaterThan(200)
  }
  await delay.heal()
  expect((await pings(one, two, 20)).shortest).toBeLessThan(late.shortest / 2)
})

test('frames are lost, doubled, overtaken and damaged, as often as was said, and no more afterwards', async () => {
  const { faults } = cluster
  const oneWay = true
  const lossy = await during(faults.loss('one', 'two', { share: 0.3, oneWay }), () => pings(one, two, 100))
  expect(lossy.received).toBeGreaterThan(50)
  expect(lossy.received).toBeLessThan(90)
  const double = await during(faults.duplicate('one', 'two', { share: 1, oneWay }), () => pings(one, two, 10))
  expect(double.duplicates).toBeGreaterThanOrEqual(9)
  const mixed = await during(faults.reorder('one', 'two', { share: 0.3, by: '200ms', oneWay }), () =>
    pings(one, two, 40),
  )
  expect(mixed.order).not.toEqual(mixed.order.toSorted((a, b) => a - b))
  // The checksum of ICMP finds it, as that of IP does.
  const wrong = await during(faults.corrupt('one', 'two', { share: 1, oneWay }), () => pings(one, two, 10))
  expect(wrong.received).toBeLessThan(3)
  const { received, duplicates, order } = await pings(one, two, 40)
  expect([received, duplicates]).toEqual([40, 0])
  expect(order).toEqual(order.toSorted((a, b) => a - b))
})

test('a bandwidth is kept, and without it as much passes as before', async () => {
  await two.run`dd if=/dev/zero of=/tmp/much bs=1000 count=400`
  await serve(two, 902)
  const seconds = async (): Promise<number> => {
    const begun = performance.now()
    await one.run`wget -O /tmp/got http://192.168.7.4:902/tmp/much`
    expect(await one.run`sh -c ${'wc -c </tmp/got'}`).toBe('400000')
    return (performance.now() - begun) / 1000
  }
  const before = await seconds()
  await using fault = await cluster.faults.bandwidth('one', 'two', { bytesPerSecond: 10_000 })
  const slow = await seconds()
  expect(slow).toBeGreaterThan(35)
  await fault.heal()
  expect(Math.min(before, await seconds())).toBeLessThan(slow / 2)
})

test('several at once, and all are ended together; a third node that joins is parted from both', async () => {
  const three = await cluster.addNode('three', { image: 'pocket', role: 'pocket', address: '192.168.7.8' })
  await cluster.faults.partition([['one', 'two'], ['three' as 'one']])
  await cluster.faults.delay('one', 'two', { by: '100ms' })
  expect((await pings(one, three, 2)).received).toBe(0)
  expect((await pings(three, two, 2)).received).toBe(0)
  const { received, shortest } = await pings(one, two, 5)
  expect(received).toBe(5)
  expect(shortest).toBeGreaterThan(200)
  await cluster.faults.heal()
  expect(cluster.faults.holding).toEqual([])
  expect((await pings(one, three, 3)).received).toBe(3)
  expect((await pings(one, two, 3)).shortest).toBeLessThan(200)
})

test('what makes no sense is refused before anything is done', async () => {
  const { faults } = cluster
  const before = await devices()
  await expect(async () => faults.cut('one', 'nobody' as 'two')).rejects.toMatchObject({
    code: 'CLUSTER_UNKNOWN',
  })
  await expect(async () => faults.cut('one', 'one')).rejects.toMatchObject({ code: 'USAGE' })
  await expect(async () => faults.loss('one', 'two', { share: 5 })).rejects.toMatchObject({ code: 'USAGE' })
  expect(await devices()).toEqual(before)
  expect(faults.holding).toEqual([])
})

test('the fork of a moment has faults of its own', async () => {
  await using fork = await cluster.fork()
  await fork.faults.cut('one', 'two')
  expect((await pings(fork.node('one'), fork.node('two'), 2)).received).toBe(0)
  expect((await pings(one, two, 2)).received).toBe(2)
})
