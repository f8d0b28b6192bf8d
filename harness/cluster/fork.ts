import { createOverlay, loadState } from '../qemu/index.js'
import { Sandbox } from '../sandbox/index.js'
import { assemble } from './assemble.js'
import { diskOf, type Supplies } from './boot-node.js'
import type { Cluster } from './cluster.js'
import { goldenFiles, type Golden } from './golden.js'
import { imageOf, launch, machineSpec, networkPlan, type Launched } from './launch.js'
import type { TopologyNode } from './topology.js'

export interface ForkOptions {
  /** Where the nodes' consoles are written to; default: the sandbox's folder, which goes with it. */
  logFolder?: string | undefined
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
  const clockBehind = Date.now() - golden.made.getTime()
  const supplies = { accelerator, images, logFolder, diskFolder: sandbox.folder, clockBehind }
  const loaded = await assemble(topology, sandbox, supplies, options.signal, async (node, stop) =>
    load(golden, node, sandbox, supplies, stop),
  )
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

async function load(
  golden: Golden,
  node: TopologyNode,
  sandbox: Sandbox,
  supplies: Supplies,
  stop: AbortSignal,
): Promise<Launched> {
  const image = imageOf(golden.images, node)
  const files = goldenFiles(golden.folder, node.name)
  const disk = image.rootfs && diskOf(supplies, node.name)
  if (disk) await createOverlay(disk, files.disk, 'qcow2')
  const storage = { memory: { file: files.memory, shared: false }, disk, incoming: true }
  const spec = machineSpec(golden.topology, node, image, { ...supplies, storage })
  const launched = await launch(sandbox, spec, stop)
  await loadState(launched.machine, files.state)
  return launched
}
