import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { forkCluster } from './fork.js'
import { keepSnapshot, type KeepOptions, type MakingStep } from './keep.js'
import { snapshotRoot, type Snapshot, type SnapshotKey } from './snapshot.js'

/** What is done to a fork, once, so that other forks begin where it ended. */
export interface StageSteps {
  /** A part of the snapshot's name. */
  name: string
  /** Changes whenever `reach` would leave something else behind in the cluster. */
  version: string
  reach: MakingStep
  /** Done after it was reached. */
  finish?: MakingStep
}

/** The key of a stage's snapshot, and where it lies. @param base what it is made of */
export function placeOfStage(
  base: Pick<Snapshot, 'topology' | 'key'>,
  { name, version }: Pick<StageSteps, 'name' | 'version'>,
): { key: SnapshotKey; folder: string } {
  const digest = createHash('sha256').update(JSON.stringify([base.key, name, version]))
  const key = digest.digest('hex').slice(0, 24)
  return { key, folder: join(snapshotRoot(), `${base.topology.name}-${name}-${key}`) }
}

/**
 * The golden snapshot of a stage: of a cluster that was forked off another snapshot, to which something was done. It is
 * whole, and outlives the one that it was made of.
 * @throws StackrigError HOST_MEMORY, HOST_DISK, and those of `forkCluster` and of `reach`.
 */
export async function ensureStage<Name extends string>(
  base: Snapshot<Name>,
  { name, version, reach, finish }: StageSteps,
  options: KeepOptions,
): Promise<Snapshot<Name>> {
  const { key, folder } = placeOfStage(base, { name, version })
  const { topology, accelerator, images, launcher } = base
  const { signal } = options
  return keepSnapshot(
    { topology, key, folder, accelerator, images, launcher },
    {
      begin: async (folders) => {
        const cluster = await forkCluster(base, { ...folders, signal })
        cluster.closeWhen(signal)
        return cluster
      },
      reach,
      finish,
    },
    options,
  )
}
