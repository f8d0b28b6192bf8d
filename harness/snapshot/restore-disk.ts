import { dirname, join } from 'node:path'
import { imageOf, type TopologyNode } from '../cluster/index.js'
import { backingFile, type DiskFormat } from '../images/index.js'
import { createOverlay, moveOverlay } from '../qemu/index.js'
import { keptLayer, layersIn, type KeptMoment } from './moment-info.js'
import { snapshotFiles, type Snapshot } from './snapshot.js'
import { decompressFile } from './zstd.js'

/** The disk of a node as a moment has it: all layers beside it, and a new one on top of them. */
export async function restoreDisk(
  disk: string,
  node: TopologyNode,
  golden: Snapshot,
  chain: readonly KeptMoment[],
): Promise<void> {
  const kept = layersIn(chain, node.name)
  await Promise.all(
    kept.map(({ folder, layer }) => decompressFile(keptLayer(folder, layer), join(dirname(disk), layer))),
  )
  const [lowest] = kept
  const base = baseOf(node, golden)
  if (lowest) {
    const file = join(dirname(disk), lowest.layer)
    // The moment may have been taken where it lay elsewhere.
    if ((await backingFile(file)) !== base.disk) await moveOverlay(file, base.disk, base.format)
  }
  await createOverlay(disk, kept.at(-1)?.layer ?? base.disk, kept.length > 0 ? 'qcow2' : base.format)
}

interface Base {
  disk: string
  format: DiskFormat
}

/** What the lowest layer lies on: the golden snapshot's disk, or the image's, when the node has joined since. */
function baseOf(node: TopologyNode, { folder, topology, images }: Snapshot): Base {
  if (topology.nodes.some(({ name }) => name === node.name))
    return { disk: snapshotFiles(folder, node.name).disk, format: 'qcow2' }
  const { rootfs, rootfsFormat = 'raw' } = imageOf(images, node)
  if (rootfs === undefined) throw new TypeError(`${node.name} has no disk`)
  return { disk: rootfs, format: rootfsFormat }
}
