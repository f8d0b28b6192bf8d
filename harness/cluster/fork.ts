import { copyFile } from 'node:fs/promises'
import { StackrigError } from '../errors.js'
import { createOverlay, loadState, type MachineSpec } from '../qemu/index.js'
import { Sandbox } from '../sandbox/index.js'
import { assemble } from './assemble.js'
import { diskOf, sharedMemory, type Supplies } from './boot-node.js'
import type { Cluster } from './cluster.js'
import { goldenFiles, type Golden } from './golden-files.js'
import { imageOf, launch, machineSpec, networkPlan, type Launched } from './launch.js'
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
  const sandbox = await Sandbox.open(networkPlan(topology))
  const logFolder = options.logFolder ?? sandbox.folder
  const diskFolder = options.diskFolder ?? sandbox.folder
  const clockBehind = Date.now() - golden.made.getTime()
  const supplies = { accelerator, images, logFolder, diskFolder, clockBehind }
  const storageOf = options.diskFolder === undefined ? overlays : copies
  const loaded = await assemble(topology, sandbox, supplies, options.signal, async (node, stop) => {
    const storage = await storageOf(golden, node, sandbox, supplies)
    return load(golden, node, sandbox, { ...supplies, storage: { ...storage, incoming: true } }, stop)
  })
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

type Files = Pick<MachineSpec, 'memory' | 'disk'>

/** What a node writes lies on top of the snapshot, and goes with the fork. */
async function overlays(golden: Golden, node: TopologyNode, _: Sandbox, supplies: Supplies): Promise<Files> {
  const files = goldenFiles(golden.folder, node.name)
  const disk = imageOf(golden.images, node).rootfs && diskOf(supplies, node.name)
  if (disk) await createOverlay(disk, files.disk, 'qcow2')
  return { memory: { file: files.memory, shared: false }, disk }
}

/** The node's own copies, which do not need the snapshot any more. */
async function copies(
  golden: Golden,
  node: TopologyNode,
  sandbox: Sandbox,
  supplies: Supplies,
): Promise<Files> {
  const files = goldenFiles(golden.folder, node.name)
  const disk = imageOf(golden.images, node).rootfs && diskOf(supplies, node.name)
  if (disk) await copyFile(files.disk, disk)
  const memory = sharedMemory(node)
  const { status, output } = await sandbox.run(['cp', '--sparse=always', files.memory, memory])
  if (status === 0) return { memory: { file: memory, shared: true }, disk }
  throw new StackrigError('HOST_MEMORY', `the memory of ${node.name} must be copied`, { seen: output })
}

async function load(
  golden: Golden,
  node: TopologyNode,
  sandbox: Sandbox,
  run: Parameters<typeof machineSpec>[3],
  stop: AbortSignal,
): Promise<Launched> {
  const spec = machineSpec(golden.topology, node, imageOf(golden.images, node), run)
  const launched = await launch(sandbox, spec, stop)
  await loadState(launched.machine, goldenFiles(golden.folder, node.name).state)
  return launched
}
