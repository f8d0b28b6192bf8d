import { cloudAccess, type Cluster } from '../cluster/index.js'
import type { Machine } from '../qemu/index.js'
import { forkCluster, type Snapshot } from '../snapshot/index.js'
import { sum } from './figures.js'
import { interrupted } from './interrupt.js'

/** From the request to a shell's answer on every node, and then to Keystone's; ms. */
export async function measureFork(snapshot: Snapshot): Promise<number> {
  const started = performance.now()
  await using cluster = await forkCluster(snapshot, { signal: interrupted })
  await keystoneAnswers(cluster)
  return performance.now() - started
}

/** What a node has to itself right after the fork, MiB; the mean of all nodes. */
export async function measureMemory(snapshot: Snapshot): Promise<number> {
  await using cluster = await forkCluster(snapshot, { signal: interrupted })
  const sizes = await Promise.all(cluster.nodes.map(({ machine }) => privateMemory(machine, cluster)))
  return sum(sizes) / sizes.length
}

/** Any HTTP answer of Keystone: the version document needs no token. */
export async function keystoneAnswers(cluster: Cluster): Promise<void> {
  const { hostname, host, port, pathname } = new URL(cloudAccess(cluster.topology).identityUrl)
  const socket = await cluster.dial(hostname, Number(port))
  socket.write(`GET ${pathname} HTTP/1.0\r\nHost: ${host}\r\n\r\n`)
  await new Promise<void>((resolve, reject) => socket.once('data', () => resolve()).once('error', reject))
  socket.destroy()
}

/** Private dirty memory of a node's QEMU, MiB (proc(5), smaps_rollup). */
async function privateMemory(machine: Machine, cluster: Cluster): Promise<number> {
  const { output } = await cluster.sandbox.run(['cat', `/proc/${await machine.thread()}/smaps_rollup`])
  return Number(/Private_Dirty:\s+(\d+)/.exec(output)?.[1]) / 1024
}
