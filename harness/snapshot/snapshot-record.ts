import * as z from 'zod'
import type { Topology } from '../cluster/index.js'
import { StackrigError } from '../errors/index.js'
import { imageFromPlain, plainImage, plainImageSchema, type Image, type PlainImage } from '../images/index.js'
import type { Snapshot } from './snapshot.js'

const hasName = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && 'name' in value && typeof value.name === 'string'

/**
 * A golden snapshot and all that a fork of it needs, as it is written down beside moments: their scenario's topology may
 * be another by the time that somebody enters them.
 */
export const snapshotRecordSchema = z.strictObject({
  folder: z.string(),
  key: z.string(),
  took: z.number(),
  made: z.iso.datetime(),
  accelerator: z.enum(['kvm', 'tcg']),
  launcher: z.enum(['direct', 'runqemu']),
  topology: z.custom<Topology>(
    (value) => hasName(value) && Array.isArray((value as Partial<Topology>).nodes),
  ),
  images: z.array(plainImageSchema),
})

export type SnapshotRecord = z.infer<typeof snapshotRecordSchema>

export function recordOf(snapshot: Snapshot): SnapshotRecord {
  const { folder, key, took, made, accelerator, launcher, topology, images } = snapshot
  const used = new Set(topology.nodes.map(({ image }) => image))
  return {
    ...{ folder, key, took, made: made.toISOString(), accelerator, launcher, topology },
    images: [...images.values()].filter(({ name }) => used.has(name)).map(plainImage),
  }
}

/** @throws StackrigError SNAPSHOT_BROKEN when an image that its nodes are made of is gone. */
export function recordedSnapshot({ made, images, ...record }: SnapshotRecord): Snapshot {
  return {
    ...record,
    made: new Date(made),
    images: new Map(images.map((image) => [image.name, imageOf(image)])),
  }
}

function imageOf(image: PlainImage): Image {
  try {
    return imageFromPlain(image)
  } catch (cause) {
    throw new StackrigError(
      'SNAPSHOT_BROKEN',
      `the image "${image.name}" that a moment stands on must be there`,
      {
        where: image.folder,
        seen: 'it was built anew, or removed, since the moment was taken',
        next: 'run the scenario again',
        cause,
      },
    )
  }
}
