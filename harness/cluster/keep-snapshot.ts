import { mkdir, rename, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import lockfile from 'proper-lockfile'
import { humanDuration } from '../duration.js'
import { StackrigError } from '../errors/index.js'
import { logger } from '../log.js'
import { cacheFolder } from '../paths.js'
import { saveState } from '../qemu/index.js'
import { settings } from '../settings.js'
import type { Cluster } from './cluster.js'
import {
  goldenFiles,
  goldenRoot,
  noteSnapshot,
  readSnapshot,
  type Golden,
  type Place,
  type Snapshot,
} from './golden-files.js'
import { lockStale, pruneGoldens, removeAbandoned, unfinished } from './golden-prune.js'
import { requireDisk, requireMemory } from './host-room.js'

const log = logger('golden')

export interface KeepOptions {
  signal?: AbortSignal | undefined
  onProgress?: ((what: string) => void) | undefined
}

export type Step = (cluster: Cluster, onProgress: (what: string) => void) => Promise<void>

/** How a cluster comes to what is kept of it. */
export interface Making {
  /** Its nodes' memory must be files of the sandbox that they write to, and their disks lie in `diskFolder`. */
  begin: (
    to: { diskFolder: string; logFolder: string },
    onProgress: (what: string) => void,
  ) => Promise<Cluster>
  /** Rejects when the cluster is not what it should be. */
  reach: Step
  /** Not part of the time that is noted. */
  finish?: Step | undefined
}

/**
 * The snapshot of this place; made once when there is none yet. Of several processes one makes it, the others wait for it.
 * @throws StackrigError HOST_MEMORY, HOST_DISK, and those of the making.
 */
export async function ensureSnapshot<Name extends string>(
  place: Place<Name>,
  making: Making,
  options: KeepOptions,
): Promise<Golden<Name>> {
  const kept = await readSnapshot(place.folder)
  if (kept) return { ...place, ...kept }
  await mkdir(goldenRoot(), { recursive: true })
  const release = await lockFor(place.folder, options)
  try {
    return { ...place, ...((await readSnapshot(place.folder)) ?? (await make(place, making, options))) }
  } finally {
    await release()
  }
}

async function lockFor(folder: string, { signal, onProgress }: KeepOptions): Promise<() => Promise<void>> {
  let told = false
  for (;;) {
    try {
      return await lockfile.lock(folder, { realpath: false, stale: lockStale })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ELOCKED') throw error
      if (!told) onProgress?.('another process is booting this cluster; waiting for it')
      told = true
    }
    await delay(500, undefined, { signal })
  }
}

async function make(place: Place, making: Making, options: KeepOptions): Promise<Snapshot> {
  const { topology, folder, images } = place
  const building = folder + unfinished
  await rm(building, { recursive: true, force: true })
  await removeAbandoned(goldenRoot())
  await requireMemory(topology, images)
  await requireDisk(topology, images, goldenRoot())
  await mkdir(building, { recursive: true })
  const progress = options.onProgress ?? log
  const started = Date.now()
  try {
    const logFolder = join(cacheFolder(), 'logs', `boot-${basename(folder)}`)
    await rm(logFolder, { recursive: true, force: true })
    await using cluster = await making.begin({ diskFolder: building, logFolder }, progress)
    await making.reach(cluster, progress)
    const took = Date.now() - started
    progress(`ready after ${humanDuration(took)}`)
    await making.finish?.(cluster, progress)
    const snapshot = { took, made: await save(cluster, building, progress) }
    await noteSnapshot(building, place, snapshot)
    // Overlays of forks name the disk below them by its final path, so they are made after this.
    await rename(building, folder)
    await pruneGoldens(goldenRoot(), folder, settings().goldenGiB)
    return snapshot
  } catch (error) {
    await rm(building, { recursive: true, force: true })
    throw error
  }
}

/**
 * All nodes stand still before the first is saved, so that they agree about what they have told each other. Resolves with
 * the time that their clocks showed when they stopped.
 */
async function save(cluster: Cluster, folder: string, progress: (what: string) => void): Promise<Date> {
  // Dirty pages of the guests belong on their disks: a node of a fork that is switched off and on finds what was there.
  await Promise.all(cluster.nodes.map((node) => node.run`sync`))
  const clocks = await Promise.all(cluster.nodes.map((node) => node.run`date +%s`))
  await Promise.all(cluster.nodes.map((node) => node.machine.pause()))
  for (const node of cluster.nodes) {
    const files = goldenFiles(folder, node.name)
    await saveState(node.machine, files.state)
    const copy = await cluster.sandbox.run([
      'cp',
      '--sparse=always',
      node.machine.spec.memory.file,
      files.memory,
    ])
    if (copy.status !== 0) throw notSaved(node.name, folder, copy.output)
    progress(`${node.name} is saved`)
  }
  return new Date(1000 * Math.max(...clocks.map(Number)))
}

function notSaved(node: string, where: string, seen: string): StackrigError {
  const code = /No space left/.test(seen) ? 'HOST_DISK' : 'INTERNAL'
  return new StackrigError(code, `the memory of ${node} must be saved`, { where, seen })
}
