import { StackrigError } from '../errors/index.js'
import { logger } from '../log.js'
import { Sandbox } from '../sandbox/index.js'
import { imageFromPlain, type Image, type PlainImage } from '../images/index.js'
import { Cluster } from './cluster.js'
import type { FaultMaker } from './faults.js'
import { readKept } from './kept.js'
import type { SaverMaker } from './moment-saver.js'

const log = logger('cluster')

export interface AttachOptions {
  /** Makes its faults; those that this process has made are healed when it lets go. */
  makeFaults?: FaultMaker | undefined
  /** Makes what takes its moments. */
  makeSaver?: SaverMaker | undefined
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
  { makeFaults, makeSaver }: AttachOptions = {},
): Promise<Cluster> {
  const kept = await readKept(folder)
  if (!kept) {
    throw new StackrigError('CLUSTER_UNKNOWN', 'a cluster must be running there', {
      where: folder,
      next: 'npx stackrig ps lists those that run',
    })
  }
  const { topology, accelerator, launcher, logFolder, clockBehind } = kept
  const images = new Map(kept.images.flatMap(imageIfThere).map((image) => [image.name, image]))
  const options = { accelerator, launcher, images, logFolder, makeFaults }
  const cluster = await Cluster.attach(topology, await Sandbox.attach(folder), options)
  cluster.clockBehind = clockBehind
  cluster.saver = makeSaver?.(cluster, kept.saver)
  cluster.origin = cluster.saver?.origin
  return cluster
}

/** None when it was built anew since: its nodes go on, and cannot be switched on again. */
function imageIfThere(plain: PlainImage): Image[] {
  try {
    return [imageFromPlain(plain)]
  } catch (error) {
    log('%s: %O', plain.name, error)
    return []
  }
}
