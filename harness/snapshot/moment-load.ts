import { dirname, join } from 'node:path'
import { StackrigError } from '../errors/index.js'
import {
  Cluster,
  diskOf,
  launch,
  machineSpec,
  type FaultMaker,
  type Launched,
  type MomentForkOptions,
  type TopologyNode,
} from '../cluster/index.js'
import { createOverlay, loadState, moveOverlay } from '../qemu/index.js'
import { reached } from '../log.js'
import { letRun } from './let-run.js'
import { keptLayer, momentFiles, readChain, type KeptMoment } from './moment-info.js'
import { MomentPages } from './moment-pages.js'
import { reserveMemory } from './reserve-memory.js'
import { requireWhole, snapshotFiles, type Snapshot } from './snapshot.js'
import { snapshotIdentity } from './travelled.js'
import { decompressFile } from './zstd.js'

/**
 * A running copy of a moment, in a sandbox of its own. Resolves when all nodes run and their shells answer.
 * @throws StackrigError SNAPSHOT_BROKEN when the moment, one that it stands on, or its golden snapshot is not there or not whole.
 */
export async function forkMoment<Name extends string>(
  folder: string,
  golden: Snapshot<Name>,
  options: MomentForkOptions & { makeFaults?: FaultMaker | undefined } = {},
): Promise<Cluster<Name>> {
  const { signal } = options
  reached(golden.topology.name, 'a fork of a moment is asked for')
  const [, chain] = await Promise.all([requireWhole(golden.folder), readChain(folder)])
  const { info } = chain.at(-1) ?? chain[0]
  if (info.golden.digest !== (await snapshotIdentity(golden.folder))) throw otherGolden(folder, golden)
  reached(golden.topology.name, 'snapshot and moments are whole')
  const cluster = await Cluster.start(
    golden.topology,
    { ...golden, ...options },
    { signal, startNode: (node, within) => loadNode(node, within, golden, chain) },
  )
  return letRun(cluster, {
    ...{ made: info.made, signal },
    runs: (node) => info.nodes[node.name]?.running ?? true,
    answer: (node) => node.answerWhileBusy(),
  })
}

/** A node as it was; it stands still. */
async function loadNode(
  node: TopologyNode,
  cluster: Cluster,
  golden: Snapshot,
  chain: [KeptMoment, ...KeptMoment[]],
): Promise<Launched> {
  const { memory } = snapshotFiles(golden.folder, node.name)
  await reserveMemory(memory)
  const unpacked = join(cluster.sandbox.folder, `${node.name}.moment`)
  const pages = new MomentPages(node.name)
  try {
    const loaded = pages.load(
      chain.map((moment) => momentFiles(moment.folder, node.name).pages),
      `${unpacked}.pages`,
    )
    loaded.catch(() => undefined)
    const { folder } = chain.at(-1) ?? chain[0]
    const stateThere = decompressFile(momentFiles(folder, node.name).state, unpacked)
    stateThere.catch(() => undefined)
    const disk = diskOf(cluster, node)
    if (disk !== undefined) await restoreDisk(disk, node, golden, chain)
    const storage = { memory: { file: memory, shared: false }, disk, incoming: true, devicesOnly: true }
    const launched = await launch(cluster, machineSpec(cluster, node, { storage }))
    await Promise.all([loaded, stateThere])
    reached(node.name, 'what it had changed is unpacked')
    // Before the state: virtio devices look into the guest's memory while theirs is loaded.
    await pages.put(await launched.machine.processFolder(), memory)
    reached(node.name, 'its memory is in place')
    await loadState(launched.machine, unpacked)
    reached(node.name, 'its state is loaded')
    return launched
  } finally {
    void pages.close()
  }
}

/** All layers beside the disk, which is a new one on top of them. */
async function restoreDisk(
  disk: string,
  node: TopologyNode,
  golden: Snapshot,
  chain: KeptMoment[],
): Promise<void> {
  const kept = chain.flatMap(({ folder, info }) =>
    (info.nodes[node.name]?.layers ?? []).map((layer) => ({ folder, info, layer })),
  )
  await Promise.all(
    kept.map(({ folder, layer }) => decompressFile(keptLayer(folder, layer), join(dirname(disk), layer))),
  )
  const [lowest] = kept
  if (lowest && lowest.info.golden.folder !== golden.folder)
    await moveOverlay(join(dirname(disk), lowest.layer), snapshotFiles(golden.folder, node.name).disk)
  await createOverlay(disk, kept.at(-1)?.layer ?? snapshotFiles(golden.folder, node.name).disk, 'qcow2')
}

function otherGolden(where: string, golden: Snapshot): StackrigError {
  return new StackrigError('SNAPSHOT_BROKEN', 'a moment must stand on its very golden snapshot', {
    ...{
      where,
      seen: `${golden.folder} is another, or was made anew: its memory is not what the moment differs from`,
    },
    next: 'the moment cannot be entered any more',
  })
}
