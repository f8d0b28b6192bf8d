import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { ClusterMoment } from '../cluster/index.js'
import { ScenarioMoments, Steps } from '../scenario/index.js'
import { forkCluster, recordOf, type Snapshot } from '../snapshot/index.js'
import { keystoneAnswers } from './bench-fork.js'
import { interrupted } from './interrupt.js'

/** What one moment costs, and what it takes to be back in it. */
export interface MomentCost {
  /** How long the nodes stood still, ms. */
  pause: number
  /** MiB on disk of all that it holds. */
  size: number
  /** From the request for a fork of it to its first answer, ms. */
  ready: number
}

/** Of a moment that is taken one minute after a fork. */
export async function measureMoment(snapshot: Snapshot): Promise<MomentCost> {
  const root = await mkdtemp(join(tmpdir(), 'stackrig-bench-'))
  try {
    const moment = await takeMoment(snapshot, root)
    const size = await sizeOf(moment.folder)
    const started = performance.now()
    await using fork = await moment.fork({ signal: interrupted })
    await keystoneAnswers(fork)
    return { pause: moment.pause, size: size / 1024 ** 2, ready: performance.now() - started }
  } finally {
    await rm(root, { recursive: true, force: true })
  }
}

/** The cluster that it was taken of ends: going back is measured with nothing beside it, as a fork is. */
async function takeMoment(snapshot: Snapshot, root: string): Promise<ClusterMoment> {
  await using cluster = await forkCluster(snapshot, { signal: interrupted })
  await delay(60_000, undefined, { signal: interrupted })
  return await cluster.moment('bench', { root })
}

/** Ten steps, each about a second of commands that write 1 MB: with a moment at the end of each / without, in turn. */
export async function measureSteps(snapshot: Snapshot): Promise<number> {
  const without = await tenSteps(snapshot, false)
  return (await tenSteps(snapshot, true)) / without
}

async function tenSteps(snapshot: Snapshot, withMoments: boolean): Promise<number> {
  await using cluster = await forkCluster(snapshot, { signal: interrupted })
  const folder = await mkdtemp(join(tmpdir(), 'stackrig-bench-'))
  try {
    const steps = new Steps()
    const described = { file: 'bench', test: 'bench', start: 'pocket', snapshot: recordOf(snapshot) }
    const moments = new ScenarioMoments(cluster, join(folder, 'moments'), described)
    if (withMoments) steps.observe(moments)
    const [node] = cluster.nodes
    if (!node) throw new Error('a topology without nodes')
    const started = performance.now()
    for (let step = 0; step < 10; step++) {
      await steps.step(`step ${step}`, async () => {
        for (let part = 0; part < 5; part++)
          await node.run`sh -c ${`head -c 200000 /dev/urandom >/root/${step}-${part}; sleep 0.2`}`
      })
    }
    const took = performance.now() - started
    await moments.settle({ failed: false, keep: false, kept: 'steps' })
    return took
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function sizeOf(folder: string): Promise<number> {
  const entries = await Promise.all((await readdir(folder)).map((name) => stat(join(folder, name))))
  return entries.reduce((sum, { blocks }) => sum + blocks * 512, 0)
}
