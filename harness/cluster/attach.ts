import { StackrigError } from '../errors/index.js'
import { Sandbox } from '../sandbox/index.js'
import { Cluster } from './cluster.js'
import { readKept } from './kept.js'
import type { Images } from './launch.js'

export interface AttachOptions {
  /** Those that its nodes boot from; needed to switch nodes on, and to add some. */
  images?: Images
}

/**
 * A cluster that another process left running (`Cluster.keep`), as an object like any other. Several processes may do so at a
 * time: each takes channels of a node's shell for itself as it needs them, and takes turns at the node's QEMU. Disposing it lets
 * go of the cluster; `close` ends it for all.
 * @param folder one of `runFolders`
 * @throws StackrigError CLUSTER_UNKNOWN when no such cluster runs there; NODE_HELD, QMP_FAILED.
 */
export async function attachCluster(
  folder: string,
  { images = new Map() }: AttachOptions = {},
): Promise<Cluster> {
  const kept = await readKept(folder)
  if (!kept) {
    throw new StackrigError('CLUSTER_UNKNOWN', 'a cluster must be running there', {
      where: folder,
      next: 'npx stackrig ps lists those that run',
    })
  }
  const { topology, accelerator, launcher, clockBehind } = kept
  const sandbox = await Sandbox.attach(folder)
  return Cluster.attach(topology, sandbox, { machines: { accelerator, launcher, images }, clockBehind })
}
