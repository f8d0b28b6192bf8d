import { ensureGolden, type Golden, type Topology } from '../cluster/index.js'
import { buildImages, findImage, verifyImage } from '../images/index.js'
import { probeAcceleration, type Acceleration } from '../qemu/index.js'
import { cloudReadiness } from './readiness.js'

export interface PrepareOptions {
  signal?: AbortSignal | undefined
  onProgress?: (what: string) => void
}

/** What a fork needs. */
export interface Prepared<Name extends string> {
  golden: Golden<Name>
  acceleration: Acceleration
}

/**
 * Makes sure of a topology's images, and of its golden snapshot; with both in place this takes milliseconds.
 * @throws StackrigError those of `buildImages`, `probeAcceleration` and `ensureGolden`.
 */
export async function prepareTopology<Name extends string>(
  topology: Topology<Name>,
  options: PrepareOptions = {},
): Promise<Prepared<Name>> {
  const { signal, onProgress } = options
  // The pocket image tells which accelerator works; a cloud is of no use without something that it can boot.
  const extra = topology.contract.cloud ? ['pocket', 'instance'] : ['pocket']
  const names = [...new Set([...topology.nodes.map((node) => node.image), ...extra])]
  await buildImages(names, {
    ...(signal && { signal }),
    onProgress: ({ image, step }) => onProgress?.(`image ${image}: ${step}`),
  })
  const verified = await Promise.all(names.map((name) => verifyImage(name)))
  for (const { image, moved } of verified) {
    if (moved.length > 0)
      onProgress?.(`image ${image.name}: ${moved.length} packages differ from images.lock`)
  }
  const images = new Map(verified.map(({ image }) => [image.name, image]))
  const acceleration = await probeAcceleration(await findImage('pocket'))
  const { accelerator } = acceleration
  const readiness = cloudReadiness
  const golden = await ensureGolden(topology, {
    accelerator,
    images,
    readiness,
    signal,
    ...(onProgress && { onProgress }),
  })
  return { golden, acceleration }
}
