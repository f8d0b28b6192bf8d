import { join } from 'node:path'
import { coldStart, type MachineOptions, type Topology } from '../cluster/index.js'
import { keepSnapshot, type KeepOptions, type MakingStep } from './keep.js'
import { snapshotKey } from './key.js'
import { snapshotRoot, type Snapshot, type SnapshotKey } from './snapshot.js'

/** What is done to a provisioned cluster before the snapshot, and is part of it. */
export interface Readiness {
  /** Tells apart what leaves different things behind in the cluster; a part of the key. */
  name: string
  /** Rejects when the cluster does not work. */
  prove: MakingStep
  /** Does what is slow the first time. */
  warmUp?: MakingStep | undefined
}

/** Where the golden snapshot of a topology lies. */
export const goldenFolder = ({ name }: Pick<Topology, 'name'>, key: SnapshotKey): string =>
  join(snapshotRoot(), `${name}-${key}`)

export interface GoldenOptions extends KeepOptions, MachineOptions {
  readiness: Readiness
}

/**
 * The golden snapshot of a topology; boots the cluster once when there is none yet. Of several processes one builds,
 * the others wait for it.
 * @throws StackrigError HOST_MEMORY, HOST_DISK, and those of booting, provisioning and readiness.
 */
export async function ensureGolden<Name extends string>(
  topology: Topology<Name>,
  options: GoldenOptions,
): Promise<Snapshot<Name>> {
  const { accelerator, images, launcher, readiness, signal } = options
  const machines = { accelerator, images, launcher }
  const key = await snapshotKey(topology, machines, readiness.name)
  const folder = goldenFolder(topology, key)
  return keepSnapshot(
    { topology, key, folder, ...machines },
    {
      begin: (folders, onProgress) => coldStart(topology, { ...machines, ...folders, signal, onProgress }),
      reach: readiness.prove,
      finish: readiness.warmUp,
    },
    options,
  )
}
