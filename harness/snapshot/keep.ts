import { randomBytes } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { humanDuration } from '../duration.js'
import { StackrigError } from '../errors/index.js'
import { requireDisk, requireMemory, type Cluster } from '../cluster/index.js'
import { lockFile, type FileLock } from '../file-lock.js'
import { logger } from '../log.js'
import { publish } from '../manifest.js'
import { cacheFolder } from '../paths.js'
import { moreRoom, saveState } from '../qemu/index.js'
import { settings } from '../settings.js'
import { makeFolder } from '../make-folder.js'
import { onDisk } from './on-disk.js'
import { pruneSnapshots, removeAbandoned, unfinishedFolder } from './prune.js'
import { reserveMemory } from './reserve-memory.js'
import {
  completeSnapshot,
  findSnapshot,
  snapshotFiles,
  snapshotLock,
  snapshotRoot,
  type Snapshot,
  type SnapshotInfo,
} from './snapshot.js'

const log = logger('snapshot')

export interface KeepOptions {
  signal?: AbortSignal | undefined
  onProgress?: ((what: string) => void) | undefined
}

export type MakingStep = (cluster: Cluster, onProgress: (what: string) => void) => Promise<void>

/** How a cluster comes to what is kept of it. */
export interface Making {
  /** Its nodes' memory must be files of the sandbox that they write to, and their disks lie in `diskFolder`. */
  begin: (
    folders: { diskFolder: string; logFolder: string },
    onProgress: (what: string) => void,
  ) => Promise<Cluster>
  /** Rejects when the cluster is not what it should be. */
  reach: MakingStep
  /** Not part of the time that is noted. */
  finish?: MakingStep | undefined
}

/** A snapshot that may not be there yet. */
type Wanted<Name extends string> = Omit<Snapshot<Name>, 'took' | 'made'>

/**
 * The snapshot that is wanted; made once when there is none yet. Of several processes one makes it, the others wait for it.
 * @throws StackrigError HOST_MEMORY, HOST_DISK, HOST_FOLDER, and those of the making.
 */
export async function keepSnapshot<Name extends string>(
  wanted: Wanted<Name>,
  making: Making,
  options: KeepOptions,
): Promise<Snapshot<Name>> {
  const kept = await findSnapshot(wanted.folder, options.onProgress)
  if (kept) return snapshotOf(wanted, kept)
  await onDisk(snapshotRoot(), () => makeFolder(snapshotRoot()))
  const lock = await lockFile(snapshotLock(wanted.folder), {
    signal: options.signal,
    onWait: () => options.onProgress?.('another process is booting this cluster; waiting for it'),
  }).catch((error: unknown) => {
    options.signal?.throwIfAborted()
    throw error
  })
  try {
    const made = (await findSnapshot(wanted.folder)) ?? (await make(wanted, making, options, lock))
    return snapshotOf(wanted, made)
  } finally {
    await lock.release()
  }
}

const snapshotOf = <Name extends string>(
  wanted: Wanted<Name>,
  { took, made }: SnapshotInfo,
): Snapshot<Name> => ({ ...wanted, took, made })

async function make(
  wanted: Wanted<string>,
  making: Making,
  options: KeepOptions,
  lock: FileLock,
): Promise<SnapshotInfo> {
  const { topology, key, folder, images } = wanted
  await onDisk(snapshotRoot(), () => removeAbandoned(snapshotRoot(), folder))
  await requireMemory(topology, images)
  await requireDisk(topology, images, snapshotRoot())
  // One of its own: whatever became of another maker of the same snapshot, its files are not in here.
  const building = unfinishedFolder(folder, randomBytes(4).toString('hex'))
  await onDisk(building, () => makeFolder(building, 0o700))
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
    return await onDisk(building, async () => {
      const info = { topology: topology.name, key, took, made: await save(cluster, building, progress) }
      await completeSnapshot(building, info)
      if (!lock.held) throw lockGone(lock.path)
      // Overlays of forks name the disk below them by its final path, so they are made after this.
      await publish(building, folder)
      await pruneSnapshots(snapshotRoot(), folder, settings().goldenGiB)
      return info
    })
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
    const files = snapshotFiles(folder, node.name)
    await saveState(node.machine, files.state)
    const { file } = node.machine.spec.memory
    const copy = await cluster.sandbox.run(['cp', '--sparse=always', file, files.memory])
    if (copy.status !== 0) throw notSaved(node.name, folder, copy.output)
    await reserveMemory(files.memory)
    progress(`${node.name} is saved`)
  }
  return new Date(1000 * Math.max(...clocks.map(Number)))
}

const lockGone = (where: string): StackrigError =>
  new StackrigError(
    'HOST_FOLDER',
    'the lock of a golden snapshot must stay until the snapshot is in its place',
    {
      where,
      seen: 'its file was removed while the snapshot was made: another process may be making the same',
      next: 'start again, and leave the cache alone meanwhile',
    },
  )

function notSaved(node: string, where: string, seen: string): StackrigError {
  const full = /No space left/.test(seen)
  return new StackrigError(full ? 'HOST_DISK' : 'INTERNAL', `the memory of ${node} must be saved`, {
    where,
    seen,
    next: full ? moreRoom : undefined,
  })
}
