import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { createOverlay, loadState } from '../qemu/index.js'
import { Sandbox } from '../sandbox/index.js'
import { assemble } from './assemble.js'
import type { Cluster } from './cluster.js'
import { goldenFiles, type Golden } from './golden.js'
import { launch, machineSpec, networkPlan, type Launched } from './launch.js'
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
  const { topology } = golden
  const sandbox = await Sandbox.open(networkPlan(topology))
  const logFolder = options.logFolder ?? sandbox.folder
  await mkdir(logFolder, { recursive: true })
  const loaded = await assemble(topology, sandbox, options.signal, async (node, stop) =>
    load(golden, node, sandbox, logFolder, stop),
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
  logFolder: string,
  stop: AbortSignal,
): Promise<Launched> {
  const image = golden.images.get(node.image)
  if (!image) throw new TypeError(`no image ${node.image} was given`)
  const files = goldenFiles(golden.folder, node.name)
  const disk = image.rootfs && join(sandbox.folder, `${node.name}.disk.qcow2`)
  if (disk) await createOverlay(disk, files.disk, 'qcow2')
  const storage = { memory: { file: files.memory, shared: false }, disk, incoming: true }
  const { accelerator } = golden
  const spec = machineSpec(golden.topology, node, image, { accelerator, logFolder, storage })
  const launched = await launch(sandbox, spec, stop)
  await loadState(launched.machine, files.state)
  return launched
}
