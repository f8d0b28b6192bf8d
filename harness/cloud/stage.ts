import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { ensureStage, quietMoment, type Cluster, type Topology } from '../cluster/index.js'
import { StackrigError } from '../errors/index.js'
import { findImage } from '../images/index.js'
import type { Cloud } from '../openstack/index.js'
import { cloudOf } from './cloud-of.js'
import { prepareTopology, type Prepared, type PrepareOptions } from './prepare.js'

/** What a stage can use to come about. */
export interface StageGiven<Name extends string> {
  cluster: Cluster<Name>
  cloud: Cloud
  /** Path of a tiny cloud guest's disk (qcow2), for the cloud to boot. */
  guestDisk: string
}

/**
 * Where scenarios can begin that have the same beginning: it is done once, on a fork of the topology's golden snapshot, and
 * kept as a golden snapshot of its own. A scenario of the stage forks that one.
 */
export interface Stage<Name extends string = string> {
  /** Lower-case letters, digits and hyphens. */
  name: string
  topology: Topology<Name>
  /** `import.meta.url` of the file that defines the stage: when its text changes, the stage is made anew. */
  file: string
  /** Leaves the cluster as scenarios want to find it; when it rejects, nothing is kept. */
  reach: (given: StageGiven<Name>) => Promise<void>
}

/** @throws StackrigError USAGE when its name cannot be that of a folder. */
export function defineStage<Name extends string>(stage: Stage<Name>): Stage<Name> {
  if (/^[a-z][a-z0-9-]*$/.test(stage.name)) return stage
  throw new StackrigError('USAGE', 'the name of a stage is made of lower-case letters, digits and hyphens', {
    where: stage.file,
    seen: stage.name,
  })
}

/**
 * Makes sure of a stage's golden snapshot, and of all that it stands on; with it in place this takes milliseconds.
 * @throws StackrigError those of `prepareTopology`, IMAGE_MISSING, and those of the stage.
 */
async function prepareStage<Name extends string>(
  stage: Stage<Name>,
  options: PrepareOptions = {},
): Promise<Prepared<Name>> {
  const { golden, acceleration } = await prepareTopology(stage.topology, options)
  const text = await readFile(fileURLToPath(stage.file))
  // The cloud has the guest in it; what is no cloud has none.
  const guest = golden.images.get('instance')
  const version = createHash('sha256')
    .update(JSON.stringify([text, guest?.digest, guest?.build]))
    .digest('hex')
  const reach = async (cluster: Cluster): Promise<void> => {
    using cloud = cloudOf(cluster, options.signal)
    await stage.reach({ cluster: cluster as Cluster<Name>, cloud, guestDisk: await guestDisk() })
  }
  const steps = { name: stage.name, version, reach, finish: quietMoment }
  const onProgress = (what: string): void => options.onProgress?.(`${stage.name}: ${what}`)
  const reached = await ensureStage(golden, steps, { ...options, onProgress })
  return { golden: reached, acceleration }
}

/** Where scenarios can begin. */
export type Start<Name extends string = string> = Topology<Name> | Stage<Name>

export const isStage = <Name extends string>(start: Start<Name>): start is Stage<Name> => 'reach' in start

/** Makes sure of the golden snapshot that forks begin at. @throws StackrigError as `prepareTopology` and `prepareStage`. */
export function prepareStart<Name extends string>(
  start: Start<Name>,
  options: PrepareOptions = {},
): Promise<Prepared<Name>> {
  return isStage(start) ? prepareStage(start, options) : prepareTopology(start, options)
}

/** Path of the disk of the image `instance`. @throws StackrigError IMAGE_MISSING */
export async function guestDisk(): Promise<string> {
  const { rootfs } = await findImage('instance')
  if (rootfs !== undefined) return rootfs
  throw new StackrigError('IMAGE_MISSING', 'the image "instance" must have a disk')
}
