import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cloudOf, guestDisk } from '../cloud/index.js'
import type { Cluster } from '../cluster/index.js'
import { become } from '../openstack/index.js'
import { PacketRecord } from '../scenario/index.js'
import { forkCluster, type Snapshot } from '../snapshot/index.js'
import { TimelineFile, timelineName } from '../timeline/index.js'
import { interrupted } from './interrupt.js'

/** ms that the same scenario took with all that a timeline is told, and without; one right after the other. */
export async function measureTimeline(snapshot: Snapshot): Promise<{ with: number; without: number }> {
  const without = await bootsInstance(snapshot)
  const folder = await mkdtemp(join(tmpdir(), 'stackrig-bench-'))
  try {
    using timeline = new TimelineFile(join(folder, timelineName), { mask: (text) => text })
    return { without, with: await bootsInstance(snapshot, { timeline, logFolder: folder }) }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function bootsInstance(
  snapshot: Snapshot,
  record?: { timeline: TimelineFile; logFolder: string },
): Promise<number> {
  await using cluster = await forkCluster(snapshot, { signal: interrupted, ...record })
  const packets = record && new PacketRecord(cluster)
  if (record) for (const node of cluster.nodes) node.followLogs()
  const started = performance.now()
  await instanceRuns(cluster)
  const took = performance.now() - started
  await packets?.settle({ keep: false })
  return took
}

async function instanceRuns(cluster: Cluster): Promise<void> {
  using cloud = cloudOf(cluster, interrupted)
  const network = await cloud.neutron.createNetwork({ name: 'bench', cidr: '10.251.0.0/24' })
  const image = await cloud.glance.upload({ name: 'bench', file: await guestDisk() })
  const server = await cloud.nova.boot({ name: 'bench', image, flavor: 'm1.nano', network })
  await become(server, 'ACTIVE', { timeout: '20min', signal: interrupted })
}
