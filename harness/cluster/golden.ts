import { join } from 'node:path'
import { chosenLauncher, type Accelerator } from '../qemu/index.js'
import { coldStart } from './cold-start.js'
import { goldenRoot, type Golden } from './golden-files.js'
import { goldenKey } from './golden-key.js'
import { ensureSnapshot, type KeepOptions, type Making, type Step } from './keep-snapshot.js'
import type { Images } from './launch.js'
import type { Topology } from './topology.js'

/** What is done to a provisioned cluster before the snapshot, and is part of it. */
export interface Readiness {
  /** Changes whenever the steps would leave something else behind in the cluster. */
  version: string
  /** Rejects when the cluster does not work. */
  prove: Step
  /** Does what is slow the first time. */
  warmUp?: Step
}

export interface GoldenOptions extends KeepOptions {
  accelerator: Accelerator
  images: Images
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
): Promise<Golden<Name>> {
  const { accelerator, images, readiness, signal } = options
  // What QEMU saved as one launcher called it, it does not load as the other does.
  const launcher = chosenLauncher()
  const made = launcher === 'direct' ? readiness.version : `${readiness.version}, ${launcher}`
  const key = await goldenKey(topology, images, accelerator, made)
  const folder = join(goldenRoot(), `${topology.name}-${key}`)
  const making: Making = {
    begin: (to, onProgress) => coldStart(topology, { accelerator, images, signal, onProgress, ...to }),
    reach: readiness.prove,
    finish: readiness.warmUp,
  }
  return ensureSnapshot({ topology, key, folder, accelerator, images }, making, options)
}
