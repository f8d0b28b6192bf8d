import { StackrigError } from '../errors/index.js'
import { copyDisk, createOverlay, loadState, type MachineSpec } from '../qemu/index.js'
import { Sandbox } from '../sandbox/index.js'
import { assemble } from './assemble.js'
import { diskOf, sharedMemory } from './boot-node.js'
import type { Cluster } from './cluster.js'
import { goldenFiles, markUsed, type Golden } from './golden-files.js'
import { imageOf, launch, machineSpec, networkPlan } from './launch.js'
import type { TopologyNode } from './topology.js'

export interface ForkOptions {
  /** Where the nodes' consoles are written to; default: the sandbox's folder, which goes with it. */
  logFolder?: string | undefined
  /**
   * For a fork that is to be kept as a snapshot itself: its disks lie here, and it shares neither them nor its memory with
   * its golden snapshot. It takes as much memory as a cold boot.
   */
  diskFolder?: string | undefined
  signal?: AbortSignal | undefined
}

/**
 * A running copy-on-write copy of a golden snapshot, in a sandbox of its own. Resolves when all nodes run and their
 * shells answer.
 * @throws StackrigError QEMU_DIED, QMP_FAILED, and those of `Sandbox.open`.
 */
export async function forkCluster<Name extends string>(
  golden: Golden<Name>,
  options: ForkOptions = {},
): Promise<Cluster<Name>> {
  const { topology, accelerator, images } = golden
  await markUsed(golden.folder)
  const sandbox = await Sandbox.open(networkPlan(topology))
  const logFolder = options.logFolder ?? sandbox.folder
  const diskFolder = options.diskFolder ?? sandbox.folder
  const supplies = { accelerator, images, logFolder, diskFolder, clockBehind: 0 }
  const give = options.diskFolder === undefined ? overlay : copy
  const loaded = await assemble(topology, sandbox, supplies, options.signal, async (node, stop) => {
    const image = imageOf(images, node)
    const files = goldenFiles(golden.folder, node.name)
    const disk = image.rootfs && diskOf(supplies, node.name)
    const memory = await give(files, disk, node, sandbox)
    const run = { ...supplies, storage: { memory, disk, incoming: true } }
    const launched = await launch(sandbox, machineSpec(topology, node, image, run), stop)
    await loadState(launched.machine, files.state)
    return launched
  })
  // Their clocks go on from the snapshot.
  supplies.clockBehind = Date.now() - golden.made.getTime()
  try {
    await Promise.all(loaded.nodes.map((node) => node.machine.resume()))
    await Promise.all(loaded.nodes.map((node) => node.answer()))
    options.signal?.throwIfAborted()
    return loaded
  } catch (error) {
    await loaded.close()
    throw error
  }
}

type Files = ReturnType<typeof goldenFiles>

/** What a node writes lies on top of the snapshot, and goes with the fork. */
async function overlay(files: Files, disk: string | undefined): Promise<MachineSpec['memory']> {
  if (disk) await createOverlay(disk, files.disk, 'qcow2')
  return { file: files.memory, shared: false }
}

/** A disk and a memory of the node's own, which do not need the snapshot any more. */
async function copy(
  files: Files,
  disk: string | undefined,
  node: TopologyNode,
  sandbox: Sandbox,
): Promise<MachineSpec['memory']> {
  if (disk) await copyDisk(files.disk, disk)
  const memory = sharedMemory(node)
  const { status, output } = await sandbox.run(['cp', '--sparse=always', files.memory, memory])
  if (status === 0) return { file: memory, shared: true }
  throw new StackrigError('HOST_MEMORY', `the memory of ${node.name} must be copied`, { seen: output })
}
