import {
  ensureGolden,
  quietMoment,
  type Cluster,
  type Golden,
  type Images,
  type Topology,
} from '../cluster/index.js'
import { StackrigError } from '../errors/index.js'
import { buildImages, isImported, readLock, readRecipe, verifyImage, type Image } from '../images/index.js'
import { probeAcceleration, type Acceleration } from '../qemu/index.js'
import { cloudReady } from './readiness.js'
import { warmUp } from './warm-up.js'

/** Changes when `cloudReady` or `warmUp` leave something else behind. */
const readyVersion = '4'

/** Booted to find out which accelerator works. */
const probeImage = 'pocket'

export interface PrepareOptions {
  signal?: AbortSignal | undefined
  onProgress?: (what: string) => void
}

/** What a cold boot needs. */
export interface PreparedImages {
  images: Images
  acceleration: Acceleration
}

/**
 * Makes sure of a topology's images; with all in place this takes milliseconds.
 * @throws StackrigError those of `buildImages`, `verifyImage` and `probeAcceleration`.
 */
export async function prepareImages(
  topology: Topology,
  options: PrepareOptions = {},
): Promise<PreparedImages> {
  const { signal, onProgress } = options
  // A cloud is of no use without something that it can boot.
  const wanted = [
    ...topology.nodes.map((node) => node.image),
    ...(topology.contract.cloud ? ['instance'] : []),
  ]
  const others = [...new Set(wanted)].filter((name) => name !== probeImage)
  const { images: locked } = readLock()
  const built = others.filter((name) => !isImported(locked[name]))
  for (const node of topology.nodes)
    if (built.includes(node.image)) requireFit(topology, node, readRecipe(node.image).recipe)
  await buildImages([...built, probeImage], {
    ...(signal && { signal }),
    onProgress: ({ image, step }) => onProgress?.(`image ${image}: ${step}`),
  })
  const verified = await Promise.all([verifyImage(probeImage), ...others.map((name) => verifyImage(name))])
  const [probe] = verified
  for (const { image, moved } of verified) {
    if (moved.length > 0)
      onProgress?.(`image ${image.name}: ${moved.length} packages differ from images.lock`)
  }
  const images = new Map(verified.map(({ image }) => [image.name, image]))
  for (const node of topology.nodes) requireFit(topology, node, images.get(node.image))
  return { images, acceleration: await probeAcceleration(probe.image) }
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

/** What a fork needs. */
export interface Prepared<Name extends string> {
  golden: Golden<Name>
  acceleration: Acceleration
}

/**
 * Makes sure of a topology's images, and of its golden snapshot; with both in place this takes milliseconds.
 * @throws StackrigError those of `prepareImages` and `ensureGolden`.
 */
export async function prepareTopology<Name extends string>(
  topology: Topology<Name>,
  options: PrepareOptions = {},
): Promise<Prepared<Name>> {
  const { signal, onProgress } = options
  const { images, acceleration } = await prepareImages(topology, options)
  const guestDisk = images.get('instance')?.rootfs
  const golden = await ensureGolden(topology, {
    accelerator: acceleration.accelerator,
    images,
    readiness: {
      version: readyVersion,
      prove: (cluster, onProgress) => cloudReady(cluster, { onProgress }),
      ...(guestDisk && { warmUp: (cluster, say) => warmUpAndRest(cluster, guestDisk, say) }),
    },
    signal,
    ...(onProgress && { onProgress }),
  })
  return { golden, acceleration }
}
