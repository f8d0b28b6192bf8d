import { existsSync } from 'node:fs'
import { mkdir, readFile, rename, rm, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import lockfile from 'proper-lockfile'
import { humanDuration } from '../duration.js'
import { StackrigError } from '../errors.js'
import { logger } from '../log.js'
import { cacheFolder } from '../paths.js'
import { chosenLauncher, saveState, type Accelerator } from '../qemu/index.js'
import type { Cluster } from './cluster.js'
import { coldStart } from './cold-start.js'
import { goldenKey } from './golden-key.js'
import { goldenBudget, lockStale, pruneGoldens, removeAbandoned } from './golden-prune.js'
import { requireDisk, requireMemory } from './host-room.js'
import type { Images } from './launch.js'
import type { Topology } from './topology.js'

const log = logger('golden')

/** What is written down beside a snapshot's files. */
interface Snapshot {
  /** From the start of the boot until the cluster was proved ready, ms. */
  took: number
  /** When the nodes were stopped to be saved: the time that their clocks show. */
  made: Date
}

/** A booted, provisioned, proved-ready cluster on disk. */
export interface Golden<Name extends string = string> extends Snapshot {
  topology: Topology<Name>
  key: string
  folder: string
  accelerator: Accelerator
  images: Images
}

type Step = (cluster: Cluster, onProgress: (what: string) => void) => Promise<void>

/** What is done to a provisioned cluster before the snapshot, and is part of it. */
export interface Readiness {
  /** Changes whenever the steps would leave something else behind in the cluster. */
  version: string
  /** Rejects when the cluster does not work. */
  prove: Step
  /** Does what is slow the first time. */
  warmUp?: Step
}

export interface GoldenOptions {
  accelerator: Accelerator
  images: Images
  readiness: Readiness
  signal?: AbortSignal | undefined
  onProgress?: (what: string) => void
}

export const goldenRoot = (): string => join(cacheFolder(), 'golden')

/** The names of a node's files in the folder of a golden snapshot. */
export const goldenFiles = (
  folder: string,
  node: string,
): { memory: string; state: string; disk: string } => ({
  memory: join(folder, `${node}.memory`),
  state: join(folder, `${node}.state`),
  disk: join(folder, `${node}.disk.qcow2`),
})

/**
 * The golden snapshot of a topology; boots the cluster once when there is none yet. Of several processes one builds,
 * the others wait for it.
 * @throws StackrigError HOST_MEMORY, HOST_DISK, and those of booting, provisioning and readiness.
 */
export async function ensureGolden<Name extends string>(
  topology: Topology<Name>,
  options: GoldenOptions,
): Promise<Golden<Name>> {
  const { accelerator, images, readiness } = options
  // What QEMU saved as one launcher called it, it does not load as the other does.
  const launcher = chosenLauncher()
  const made = launcher === 'direct' ? readiness.version : `${readiness.version}, ${launcher}`
  const key = await goldenKey(topology, images, accelerator, made)
  const folder = join(goldenRoot(), `${topology.name}-${key}`)
  const golden = { topology, key, folder, accelerator, images }
  const kept = await readGolden(folder)
  if (kept) return { ...golden, ...kept }
  await mkdir(goldenRoot(), { recursive: true })
  const release = await lockFor(folder, options)
  try {
    return { ...golden, ...((await readGolden(folder)) ?? (await make(golden, options))) }
  } finally {
    await release()
  }
}

/** What is known of a snapshot on disk; undefined when there is none. Looking marks it as used. */
async function readGolden(folder: string): Promise<Snapshot | undefined> {
  const note = join(folder, 'golden.json')
  if (!existsSync(note)) return undefined
  await utimes(note, new Date(), new Date())
  const { took, made } = JSON.parse(await readFile(note, 'utf8')) as { took: number; made: string }
  return { took, made: new Date(made) }
}

async function lockFor(folder: string, { signal, onProgress }: GoldenOptions): Promise<() => Promise<void>> {
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

async function make(golden: Omit<Golden, keyof Snapshot>, options: GoldenOptions): Promise<Snapshot> {
  const { topology, folder } = golden
  const building = `${folder}.building`
  await rm(building, { recursive: true, force: true })
  await removeAbandoned(goldenRoot())
  const budget = goldenBudget()
  await requireMemory(topology, golden.images)
  await requireDisk(topology, golden.images, goldenRoot())
  await mkdir(building, { recursive: true })
  const progress = options.onProgress ?? log
  const started = Date.now()
  try {
    const logFolder = join(cacheFolder(), 'logs', `boot-${topology.name}`)
    await rm(logFolder, { recursive: true, force: true })
    const { accelerator, images, signal } = options
    const boot = { accelerator, images, signal, onProgress: progress, logFolder, diskFolder: building }
    await using cluster = await coldStart(topology, boot)
    await options.readiness.prove(cluster, progress)
    const took = Date.now() - started
    progress(`ready after ${humanDuration(took)}`)
    await options.readiness.warmUp?.(cluster, progress)
    const made = await save(cluster, building, progress)
    await writeFile(
      join(building, 'golden.json'),
      JSON.stringify({ topology: topology.name, key: golden.key, took, made: made.toISOString() }, null, 2),
    )
    // Overlays of forks name the disk below them by its final path, so they are made after this.
    await rename(building, folder)
    await pruneGoldens(goldenRoot(), folder, budget)
    return { took, made }
  } catch (error) {
    await rm(building, { recursive: true, force: true })
    throw error
  }
}

/**
 * All nodes stand still before the first is saved, so that they agree about what they have told each other. Resolves with
 * the time when they stopped.
 */
async function save(cluster: Cluster, folder: string, progress: (what: string) => void): Promise<Date> {
  // Dirty pages of the guests belong on their disks: a node of a fork that is switched off and on finds what was there.
  await Promise.all(cluster.nodes.map((node) => node.run`sync`))
  await Promise.all(cluster.nodes.map((node) => node.machine.pause()))
  const stopped = new Date()
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
  return stopped
}

function notSaved(node: string, where: string, seen: string): StackrigError {
  const code = /No space left/.test(seen) ? 'HOST_DISK' : 'INTERNAL'
  return new StackrigError(code, `the memory of ${node} must be saved`, { where, seen })
}
