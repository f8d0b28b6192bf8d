import { join } from 'node:path'
import { StackrigError } from '../errors/index.js'
import {
  Cluster,
  diskOf,
  requireFree,
  launch,
  machineSpec,
  offNode,
  sharedMemory,
  withNode,
  type FaultMaker,
  type Launched,
  type MomentForkOptions,
  type NodePlan,
  type Topology,
  type TopologyNode,
} from '../cluster/index.js'
import { loadState } from '../qemu/index.js'
import { reached } from '../log.js'
import { letRun } from './let-run.js'
import {
  memoryChain,
  momentFiles,
  readChain,
  type KeptMoment,
  type MomentInfo,
  type MomentNode,
} from './moment-info.js'
import { MomentPages } from './moment-pages.js'
import { reserveMemory } from './reserve-memory.js'
import { restoreDisk } from './restore-disk.js'
import { requireWhole, snapshotFiles, type Snapshot } from './snapshot.js'
import { snapshotIdentity } from './travelled.js'
import { decompressFile } from './zstd.js'

/**
 * A running copy of a moment, in a sandbox of its own. Resolves when the shells of all nodes that had one answer. Nodes that were off are
 * off; those that booted go on booting, and nobody waits for them.
 * @throws StackrigError HOST_MEMORY; SNAPSHOT_BROKEN when the moment, one that it stands on, or its golden snapshot is not there or not whole.
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
  await requireOwnMemory(chain, info)
  const cluster = await Cluster.start(
    withJoined(golden.topology, info),
    { ...golden, ...options },
    {
      signal,
      startNode: (node, within) => {
        const kept = info.nodes[node.name]
        if (!kept) throw lacksNode(folder, node)
        return kept.power === 'off'
          ? loadOff(node, within, golden, chain)
          : loadOn(node, within, golden, chain, kept)
      },
    },
  )
  return letRun(cluster, {
    ...{ made: info.made, signal },
    runs: ({ name }) => {
      const kept = info.nodes[name]
      return kept?.power === 'on' && kept.running
    },
    answer: async (node) => {
      if (node.isBooting) node.goOnBooting()
      else await node.answerWhileBusy()
    },
  })
}

/** The topology that the cluster had: that of its golden snapshot, and the nodes that have joined since. */
const withJoined = <Name extends string>(topology: Topology<Name>, { joined }: MomentInfo): Topology<Name> =>
  joined.reduce((before, { name, ...plan }) => withNode(before, name, plan as NodePlan), topology)

/** A node that is off, with its disk as it was left. */
async function loadOff(
  node: TopologyNode,
  cluster: Cluster,
  golden: Snapshot,
  chain: readonly KeptMoment[],
): Promise<Launched> {
  const disk = diskOf(cluster, node)
  if (disk !== undefined) await restoreDisk(disk, node, golden, chain)
  return offNode(cluster, node)
}

/** A node as it was; it stands still. */
async function loadOn(
  node: TopologyNode,
  cluster: Cluster,
  golden: Snapshot,
  chain: readonly KeptMoment[],
  { memory: kind, answers }: MomentNode & { power: 'on' },
): Promise<Launched> {
  const memory =
    kind === 'own'
      ? { file: sharedMemory(node), shared: true }
      : { file: snapshotFiles(golden.folder, node.name).memory, shared: false }
  if (kind === 'golden') await reserveMemory(memory.file)
  const unpacked = join(cluster.sandbox.folder, `${node.name}.moment`)
  const pages = new MomentPages(node.name)
  try {
    const loaded = pages.load(
      memoryChain(chain, node.name).map((moment) => momentFiles(moment.folder, node.name).pages),
      `${unpacked}.pages`,
    )
    loaded.catch(() => undefined)
    const stateThere = decompressFile(momentFiles(chain.at(-1)?.folder ?? '', node.name).state, unpacked)
    stateThere.catch(() => undefined)
    const disk = diskOf(cluster, node)
    if (disk !== undefined) await restoreDisk(disk, node, golden, chain)
    const storage = { memory, disk, incoming: true, devicesOnly: true }
    const launched = await launch(cluster, machineSpec(cluster, node, { storage }))
    await Promise.all([loaded, stateThere])
    reached(node.name, 'what it had changed is unpacked')
    // Before the state: virtio devices look into the guest's memory while theirs is loaded.
    const process = await launched.machine.processFolder()
    await pages.put({ process, file: memory.file, isOwn: kind === 'own' })
    reached(node.name, 'its memory is in place')
    await loadState(launched.machine, unpacked)
    reached(node.name, 'its state is loaded')
    return answers ? launched : { ...launched, isBooting: true }
  } finally {
    void pages.close()
  }
}

/** Own memory is taken when the fork is made. */
async function requireOwnMemory(chain: readonly KeptMoment[], { nodes }: MomentInfo): Promise<void> {
  const own = Object.keys(nodes).filter((name) => isOwn(nodes[name]))
  const pages = own.flatMap((name) => memoryChain(chain, name).map(({ info }) => info.nodes[name]))
  const wanted = Math.ceil(pages.reduce((sum, one) => sum + (isOwn(one) ? one.pages : 0), 0) / 256)
  await requireFree(wanted, 'to enter a moment')
}

const isOwn = (node: MomentNode | undefined): node is MomentNode & { power: 'on' } =>
  node?.power === 'on' && node.memory === 'own'

function lacksNode(where: string, { name }: TopologyNode): StackrigError {
  return new StackrigError('SNAPSHOT_BROKEN', `a moment must have node ${name}`, {
    where,
    seen: 'its moment.json does not name it',
  })
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
