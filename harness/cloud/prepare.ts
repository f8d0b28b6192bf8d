import { quietMoment, type Cluster, type MachineOptions, type Topology } from '../cluster/index.js'
import { StackrigError } from '../errors/index.js'
import { buildImages, isImported, readLock, readRecipe, verifyImage, type Image } from '../images/index.js'
import { probeAcceleration } from '../qemu/index.js'
import { settings } from '../settings.js'
import { ensureGolden, type Snapshot } from '../snapshot/index.js'
import { cloudReady, type Diagnose } from './readiness.js'
import { warmUp } from './warm-up.js'

/** Booted to find out which accelerator works. */
export const probeImage = 'pocket'

/** The images that a topology's golden snapshot is made with. */
export const imagesOf = (topology: Topology): string[] => [
  ...new Set([
    ...topology.nodes.map((node) => node.image),
    // A cloud is of no use without something that it can boot.
    ...(topology.contract.cloud ? ['instance'] : []),
  ]),
]

/** What is proved of a cluster, and done once before it is saved, by name: a part of the snapshot's key. */
export const readinessName = (guestDisk: string | undefined): string =>
  guestDisk === undefined ? 'ready' : 'ready and warm'

export interface PrepareOptions {
  signal?: AbortSignal | undefined
  onProgress?: ((what: string) => void) | undefined
  /** Asked when the cloud does not become ready. */
  diagnose?: Diagnose | undefined
}

/**
 * Makes sure of a topology's images; with all in place this takes milliseconds.
 * @throws StackrigError those of `buildImages`, `verifyImage` and `probeAcceleration`.
 */
export async function prepareImages(
  topology: Topology,
  options: PrepareOptions = {},
): Promise<MachineOptions> {
  const { signal, onProgress } = options
  const others = imagesOf(topology).filter((name) => name !== probeImage)
  const { images: locked } = readLock()
  const built = others.filter((name) => !isImported(locked[name]))
  for (const node of topology.nodes)
    if (built.includes(node.image)) requireFit(topology, node, readRecipe(node.image).recipe)
  await buildImages([...built, probeImage], {
    ...(signal && { signal }),
    onProgress: ({ image, step }) => onProgress?.(`image ${image}: ${step}`),
  })
  return presentMachines(topology, options)
}

/**
 * What nodes of a topology are made with, as it is here now.
 * @throws StackrigError IMAGE_MISSING, and those of `verifyImage` and `probeAcceleration`.
 */
export async function presentMachines(
  topology: Topology,
  { onProgress }: PrepareOptions = {},
): Promise<MachineOptions> {
  const others = imagesOf(topology).filter((name) => name !== probeImage)
  const verified = await Promise.all([verifyImage(probeImage), ...others.map((name) => verifyImage(name))])
  const [probe] = verified
  for (const { image, moved } of verified) {
    if (moved.length > 0)
      onProgress?.(`image ${image.name}: ${moved.length} packages differ from images.lock`)
  }
  const images = new Map(verified.map(({ image }) => [image.name, image]))
  for (const node of topology.nodes) requireFit(topology, node, images.get(node.image))
  const { accelerator } = await probeAcceleration(probe.image)
  return { accelerator, images, launcher: settings().launcher }
}

/** @throws StackrigError IMAGE_MISMATCH when a node of this topology cannot be made of this image. */
function requireFit(
  topology: Topology,
  node: Topology['nodes'][number],
  image: Pick<Image, 'name' | 'contract' | 'address'> | undefined,
): void {
  const { contract } = topology
  if (image && image.contract !== contract.name) {
    throw new StackrigError(
      'IMAGE_MISMATCH',
      `node ${node.name} must have an image of its topology's contract`,
      {
        where: `topology ${topology.name}, contract ${contract.name}`,
        seen: `image ${image.name} keeps ${image.contract}`,
        next: `name an image of ${contract.name} for ${node.name} in fixtures/topologies/${topology.name}.ts, or another contract`,
      },
    )
  }
  if (image?.address && image.address !== node.address) {
    throw new StackrigError(
      'IMAGE_MISMATCH',
      `node ${node.name} must have the address its image was built for`,
      {
        where: `topology ${topology.name}`,
        seen: `${node.address}; image ${image.name} was built for ${image.address}`,
        next: `address: '${image.address}' in fixtures/topologies/${topology.name}.ts`,
      },
    )
  }
}

async function warmUpAndRest(
  cluster: Cluster,
  guestDisk: string,
  onProgress: (what: string) => void,
): Promise<void> {
  await warmUp(cluster, guestDisk, onProgress)
  await quietMoment(cluster)
  onProgress('the nodes are at rest')
}

/**
 * Makes sure of a topology's images, and of its golden snapshot; with both in place this takes milliseconds.
 * @throws StackrigError those of `prepareImages` and `ensureGolden`.
 */
export async function prepareTopology<Name extends string>(
  topology: Topology<Name>,
  options: PrepareOptions = {},
): Promise<Snapshot<Name>> {
  const { signal, onProgress, diagnose } = options
  const machines = await prepareImages(topology, options)
  const guestDisk = machines.images.get('instance')?.rootfs
  return ensureGolden(topology, {
    ...machines,
    readiness: {
      name: readinessName(guestDisk),
      prove: (cluster, say) => cloudReady(cluster, { onProgress: say, diagnose }),
      warmUp: guestDisk === undefined ? undefined : (cluster, say) => warmUpAndRest(cluster, guestDisk, say),
    },
    signal,
    onProgress,
  })
}
