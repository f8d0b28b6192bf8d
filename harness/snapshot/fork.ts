import { StackrigError } from '../errors/index.js'
import {
  Cluster,
  diskOf,
  launch,
  machineSpec,
  sharedMemory,
  type FaultMaker,
  type Launched,
  type Origin,
  type TopologyNode,
} from '../cluster/index.js'
import { copyDisk, createOverlay, loadState, type MachineSpec } from '../qemu/index.js'
import type { Timeline } from '../timeline/index.js'
import { reached } from '../log.js'
import { letRun } from './let-run.js'
import { ForkSaver } from './moment.js'
import { reserveMemory } from './reserve-memory.js'
import { requireWhole, snapshotFiles, type Snapshot } from './snapshot.js'

export interface ForkOptions {
  /** Where the nodes' consoles are written to; default: the sandbox's folder, which goes with it. */
  logFolder?: string | undefined
  /**
   * For a fork that is to be kept as a snapshot itself: its disks lie here, and it shares neither them nor its memory with
   * its golden snapshot. It takes as much memory as a cold boot.
   */
  diskFolder?: string | undefined
  /** What happens to it is written there; default: nowhere. */
  timeline?: Timeline | 'later' | undefined
  /** Makes its faults. */
  makeFaults?: FaultMaker | undefined
  signal?: AbortSignal | undefined
}

/**
 * A running copy-on-write copy of a golden snapshot, in a sandbox of its own. Resolves when all nodes run and their
 * shells answer.
 * @throws StackrigError SNAPSHOT_BROKEN, HOST_DISK, QEMU_DIED, QMP_FAILED, and those of `Sandbox.open`.
 */
export async function forkCluster<Name extends string>(
  snapshot: Snapshot<Name>,
  options: ForkOptions = {},
): Promise<Cluster<Name>> {
  const cluster = await loadFork(snapshot, options)
  return letRun(cluster, {
    made: snapshot.made,
    answer: (node) => node.answer(),
    signal: options.signal,
  })
}

/**
 * The same, whose nodes stand still as they were saved: `letRun` lets them go on.
 * @throws StackrigError as `forkCluster`
 */
export async function loadFork<Name extends string>(
  snapshot: Snapshot<Name>,
  options: ForkOptions = {},
): Promise<Cluster<Name>> {
  const { signal } = options
  reached(snapshot.topology.name, 'a fork is asked for')
  // Looked at while the sandbox opens.
  const whole = requireWhole(snapshot.folder)
  whole.catch(() => undefined)
  const cluster = await Cluster.start(
    snapshot.topology,
    { ...snapshot, ...options },
    {
      signal,
      startNode: async (node, within) => {
        await whole
        return loadNode(node, within, snapshot, options)
      },
    },
  )
  cluster.origin = originOf(snapshot)
  // One that has memory of its own differs from its snapshot in ways that cannot be told.
  if (options.diskFolder === undefined) cluster.saver = new ForkSaver(cluster, snapshot)
  return cluster
}

/** A snapshot as rooms above know it. */
export function originOf(snapshot: Snapshot): Origin {
  const { folder, key, made } = snapshot
  return { folder, key, made, fork: (options) => forkCluster(snapshot, options) }
}

/** A node as it was saved; it stands still. */
async function loadNode(
  node: TopologyNode,
  cluster: Cluster,
  { folder }: Snapshot,
  { diskFolder }: ForkOptions,
): Promise<Launched> {
  const saved = snapshotFiles(folder, node.name)
  await reserveMemory(saved.memory)
  const disk = diskOf(cluster, node)
  const give = diskFolder === undefined ? overlay : copy
  const memory = await give(saved, disk, node, cluster)
  const spec = machineSpec(cluster, node, { storage: { memory, disk, incoming: true } })
  const launched = await launch(cluster, spec)
  await loadState(launched.machine, saved.state)
  reached(node.name, 'its state is loaded')
  return launched
}

type Files = ReturnType<typeof snapshotFiles>

/** What a node writes lies on top of the snapshot, and goes with the fork. */
async function overlay(saved: Files, disk: string | undefined): Promise<MachineSpec['memory']> {
  if (disk) await createOverlay(disk, saved.disk, 'qcow2')
  return { file: saved.memory, shared: false }
}

/** A disk and a memory of the node's own, which do not need the snapshot any more. */
async function copy(
  saved: Files,
  disk: string | undefined,
  node: TopologyNode,
  { sandbox }: Cluster,
): Promise<MachineSpec['memory']> {
  if (disk) await copyDisk(saved.disk, disk)
  const memory = sharedMemory(node)
  const { status, output } = await sandbox.run(['cp', '--sparse=always', saved.memory, memory])
  if (status === 0) return { file: memory, shared: true }
  throw new StackrigError('HOST_MEMORY', `the memory of ${node.name} must be copied`, { seen: output })
}
