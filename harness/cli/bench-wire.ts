import type { RunningNode } from '../cluster/index.js'
import { makeFaults } from '../faults/index.js'
import { forkCluster, type Snapshot } from '../snapshot/index.js'
import { interrupted } from './interrupt.js'

/** What the wire of a link costs. */
export interface WireCost {
  /** ms that it adds to a round trip. */
  roundTrip: number
  /** Frames of `echoes` that were lost on it. */
  lost: number
  /** Throughput of TCP with it / without. */
  throughput: number
}

const echoes = 500
const much = 20_000_000

/** On the plain bridge, and then on a link whose fault changes nothing. */
export async function measureWire(snapshot: Snapshot): Promise<WireCost> {
  await using cluster = await forkCluster(snapshot, { signal: interrupted, makeFaults })
  const [one, two] = cluster.nodes
  if (!one || !two) throw new Error('a topology without two nodes')
  await two.run`sh -c ${`dd if=/dev/zero of=/tmp/much bs=1000 count=${much / 1000} && httpd -p 80 -h /tmp >/dev/null 2>&1`}`
  const plain = { ...(await ping(one, two)), seconds: await download(one, two) }
  await using fault = await cluster.faults.delay(one.name, two.name, { by: 0 })
  const wire = { ...(await ping(one, two)), seconds: await download(one, two) }
  await fault.heal()
  return {
    roundTrip: wire.mean - plain.mean,
    lost: echoes - wire.received,
    throughput: plain.seconds / wire.seconds,
  }
}

/** As busybox's ping says it; ms. */
async function ping(from: RunningNode, to: RunningNode): Promise<{ received: number; mean: number }> {
  const said = await from.run({ timeout: '5min' })`ping -q -i 0.01 -c ${echoes} ${to.plan.address}`
  return {
    received: Number(/\b(\d+) packets received/.exec(said)?.[1]),
    mean: Number(/= [\d.]+\/([\d.]+)/.exec(said)?.[1]),
  }
}

async function download(to: RunningNode, from: RunningNode): Promise<number> {
  const begun = performance.now()
  await to.run({ timeout: '5min' })`wget -q -O /dev/null ${`http://${from.plan.address}/much`}`
  return (performance.now() - begun) / 1000
}
