import { createHash } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { quietMoment, type Cluster, type Topology } from '../cluster/index.js'
import { StackrigError } from '../errors/index.js'
import { fixtureText } from '../fixture-module.js'
import { findImage, type Image } from '../images/index.js'
import type { Cloud } from '../openstack/index.js'
import { ensureStage, type Snapshot } from '../snapshot/index.js'
import { cloudOf } from './cloud-of.js'
import { prepareTopology, type PrepareOptions } from './prepare.js'

/** What a stage can use to come about; what it does not name need not be there. */
export interface StageGiven<Name extends string> {
  cluster: Cluster<Name>
  /** Reading it throws USAGE where the topology has no OpenStack. */
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
  /** `import.meta.url` of the file that defines the stage: when it changes, or a file that it imports, the stage is made anew. */
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
): Promise<Snapshot<Name>> {
  const base = await prepareTopology(stage.topology, options)
  // The cloud has the guest in it; what is no cloud has none.
  const guest = base.images.get('instance')
  const version = await stageVersion(stage, guest)
  const reach = async (cluster: Cluster): Promise<void> => {
    using given = new Given(cluster as Cluster<Name>, guest?.rootfs, options.signal)
    await stage.reach(given).catch(async (error: unknown) => {
      throw await withFindings(error, stage, cluster, options)
    })
  }
  const steps = { name: stage.name, version, reach, finish: quietMoment }
  const onProgress = (what: string): void => options.onProgress?.(`${stage.name}: ${what}`)
  return ensureStage(base, steps, { ...options, onProgress })
}

/** What a stage failed of, and what is wrong with its cluster; an error of its author's as it is. */
async function withFindings(
  error: unknown,
  { name, file }: Pick<Stage, 'name' | 'file'>,
  cluster: Cluster,
  { diagnose, signal }: PrepareOptions,
): Promise<unknown> {
  if (!(error instanceof StackrigError) || signal?.aborted) return error
  const found = (await diagnose?.(cluster)) ?? []
  if (found.length === 0) return error
  return new StackrigError(error.code, `the stage ${name} must come about`, {
    where: fileURLToPath(file),
    seen: [error.message, ...found].join('\n'),
    cause: error,
  })
}

/** Changes whenever the stage would leave something else behind. */
export const stageVersion = async (
  { file }: Pick<Stage, 'file'>,
  guest: Pick<Image, 'digest' | 'build'> | undefined,
): Promise<string> =>
  createHash('sha256')
    .update(JSON.stringify([await fixtureText(fileURLToPath(file)), guest?.digest, guest?.build]))
    .digest('hex')

/** Opens the cloud when it is asked for: a stage may stand on nodes without one. */
class Given<Name extends string> implements StageGiven<Name>, Disposable {
  readonly cluster: Cluster<Name>
  readonly #guestDisk: string | undefined
  readonly #signal: AbortSignal | undefined
  #cloud: Cloud | undefined

  constructor(cluster: Cluster<Name>, guestDisk: string | undefined, signal: AbortSignal | undefined) {
    this.cluster = cluster
    this.#guestDisk = guestDisk
    this.#signal = signal
  }

  get cloud(): Cloud {
    this.#cloud ??= cloudOf(this.cluster, this.#signal)
    return this.#cloud
  }

  get guestDisk(): string {
    if (this.#guestDisk !== undefined) return this.#guestDisk
    throw new StackrigError('IMAGE_MISSING', 'a stage that uses guestDisk needs a topology with OpenStack', {
      where: `topology ${this.cluster.topology.name}`,
    })
  }

  [Symbol.dispose](): void {
    this.#cloud?.[Symbol.dispose]()
  }
}

/** Where scenarios can begin. */
export type Start<Name extends string = string> = Topology<Name> | Stage<Name>

export const isStage = <Name extends string>(start: Start<Name>): start is Stage<Name> => 'reach' in start

/** Makes sure of the golden snapshot that forks begin at. @throws StackrigError as `prepareTopology` and `prepareStage`. */
export function prepareStart<Name extends string>(
  start: Start<Name>,
  options: PrepareOptions = {},
): Promise<Snapshot<Name>> {
  return isStage(start) ? prepareStage(start, options) : prepareTopology(start, options)
}

/** Path of the disk of the image `instance`. @throws StackrigError IMAGE_MISSING */
export async function guestDisk(): Promise<string> {
  const { rootfs } = await findImage('instance')
  if (rootfs !== undefined) return rootfs
  throw new StackrigError('IMAGE_MISSING', 'the image "instance" must have a disk')
}
