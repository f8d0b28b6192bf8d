import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { forkCluster } from './fork.js'
import { goldenRoot, type Golden } from './golden-files.js'
import { ensureSnapshot, type KeepOptions, type Making, type Step } from './keep-snapshot.js'

/** What is done to a fork, once, so that other forks begin where it ended. */
export interface StageSteps {
  /** A part of the snapshot's name. */
  name: string
  /** Changes whenever `reach` would leave something else behind in the cluster. */
  version: string
  reach: Step
  /** Done after it was reached. */
  finish?: Step
}

/**
 * The golden snapshot of a stage: of a cluster that was forked off another snapshot, to which something was done. It is
 * whole, and outlives the one that it was made of.
 * @throws StackrigError HOST_MEMORY, HOST_DISK, and those of `forkCluster` and of `reach`.
 */
export async function ensureStage<Name extends string>(
  base: Golden<Name>,
  { name, version, reach, finish }: StageSteps,
  options: KeepOptions,
): Promise<Golden<Name>> {
  const digest = createHash('sha256').update(JSON.stringify([base.key, name, version]))
  const key = digest.digest('hex').slice(0, 24)
  const folder = join(goldenRoot(), `${base.topology.name}-${name}-${key}`)
  const { topology, accelerator, images } = base
  const { signal } = options
  const making: Making = {
    begin: async (to) => {
      const cluster = await forkCluster(base, { ...to, signal })
      signal?.addEventListener('abort', () => void cluster.close(), { once: true })
      return cluster
    },
    reach,
    finish,
  }
  return ensureSnapshot({ topology, key, folder, accelerator, images }, making, options)
}
