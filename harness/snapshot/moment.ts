import { randomBytes } from 'node:crypto'
import { cp, mkdir, readdir, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type {
  Cluster,
  ClusterMoment,
  FaultMaker,
  MomentForkOptions,
  MomentOptions,
  MomentSaver,
  Origin,
  RunningNode,
  SaverMaker,
} from '../cluster/index.js'
import { HeldLock } from '../held-lock.js'
import { logger } from '../log.js'
import { publish } from '../manifest.js'
import { hostFault } from '../errors/index.js'
import { makeFolder } from '../make-folder.js'
import { Turns } from '../turns.js'
import { isMoment, readChain, type MomentInfo } from './moment-info.js'
import { originOf } from './fork.js'
import { forkMoment } from './moment-load.js'
import { MomentPages } from './moment-pages.js'
import { takeMoment, type NodeMemory } from './moment-take.js'
import { pinSnapshot } from './pinned.js'
import { recordedSnapshot, recordOf, snapshotRecordSchema, type SnapshotRecord } from './snapshot-record.js'
import type { Snapshot } from './snapshot.js'

const log = logger('snapshot')

/** A saved instant of a running fork. It stands on its golden snapshot, and on the moments before it that it names. */
export class Moment<Name extends string = string> implements ClusterMoment<Name> {
  readonly folder: string
  readonly info: MomentInfo
  readonly #golden: Snapshot<Name>
  readonly #makeFaults: FaultMaker | undefined

  /** @param makeFaults makes the faults of its forks */
  constructor(folder: string, info: MomentInfo, golden: Snapshot<Name>, makeFaults?: FaultMaker) {
    this.folder = folder
    this.info = info
    this.#golden = golden
    this.#makeFaults = makeFaults
  }

  get name(): string {
    return this.info.name
  }

  /** How long the nodes stood still for it, ms. */
  get pause(): number {
    return this.info.pause
  }

  /**
   * A running copy of what the cluster was then, in a sandbox of its own. Moments can be taken of it in turn.
   * @throws StackrigError SNAPSHOT_BROKEN, and those of `forkCluster`.
   */
  async fork(options: MomentForkOptions = {}): Promise<Cluster<Name>> {
    const cluster = await forkMoment(this.folder, this.#golden, { makeFaults: this.#makeFaults, ...options })
    cluster.saver = new ForkSaver(cluster, this.#golden)
    cluster.origin = originOf(this.#golden)
    return cluster
  }
}

/**
 * The moment in a folder, taken by whatever process.
 * @param golden the snapshot that it stands on
 * @throws StackrigError SNAPSHOT_BROKEN
 */
export async function openMoment<Name extends string>(
  folder: string,
  golden: Snapshot<Name>,
  makeFaults?: FaultMaker,
): Promise<Moment<Name>> {
  const chain = await readChain(folder)
  return new Moment(folder, (chain.at(-1) ?? chain[0]).info, golden, makeFaults)
}

/** How long moments that other processes take may last, ms. */
const othersTake = 120_000

/** What takes the moments of a fork that another process started; undefined when it is none, or its images are gone. */
export const makeSaver: SaverMaker = <Name extends string>(cluster: Cluster<Name>, record: unknown) => {
  const known = snapshotRecordSchema.safeParse(record)
  if (!known.success) return undefined
  try {
    // With its own topology: nodes may have joined the cluster since.
    return new ForkSaver(cluster, recordedSnapshot(known.data) as Snapshot<Name>)
  } catch (error) {
    log('%O', error)
    return undefined
  }
}

/** What is known of the memory of a machine. */
interface KnownMemory {
  machine: RunningNode['machine']
  pages: MomentPages
  /** The folder of the moment that the thread last kept it in. */
  in: string | undefined
}

/** Takes the moments of one fork, one after the other. */
export class ForkSaver<Name extends string> implements MomentSaver<Name> {
  readonly #cluster: Cluster<Name>
  readonly #golden: Snapshot<Name>
  readonly #memories = new Map<string, KnownMemory>()
  /** The folder of the last moment, whose pages the threads know. */
  #last: string | undefined
  /** All layers of disks that it and those before it hold: another process may have made some between. */
  readonly #layers = new Set<string>()
  readonly #turns = new Turns()

  constructor(cluster: Cluster<Name>, golden: Snapshot<Name>) {
    this.#cluster = cluster
    this.#golden = golden
    cluster.stopping.addEventListener('abort', () => this.#close(), { once: true })
  }

  get origin(): Origin {
    return originOf(this.#golden)
  }

  get record(): SnapshotRecord {
    return recordOf(this.#golden)
  }

  take(name: string, options: MomentOptions = {}): Promise<Moment<Name>> {
    return this.#turns.take(() => this.#takeAlone(name, options))
  }

  /** Also of the processes that use the cluster each waits for the others. */
  async #takeAlone(name: string, options: MomentOptions): Promise<Moment<Name>> {
    const { isShared, sandbox, stopping } = this.#cluster
    if (!isShared) return this.#take(name, options)
    const lock = join(sandbox.folder, 'moment.lock')
    const held = await HeldLock.take(lock, 'the moments of the cluster', {
      timeout: othersTake,
      signal: stopping,
    })
    try {
      return await this.#take(name, options)
    } finally {
      await held.giveBack()
    }
  }

  async #take(name: string, { root, onResumed, signal }: MomentOptions): Promise<Moment<Name>> {
    signal?.throwIfAborted()
    const { folder: runFolder } = this.#cluster.sandbox
    const within = root ?? join(runFolder, 'moments')
    // In the sandbox's folder, which goes with this process, however that ends.
    const building = join(runFolder, `moment-${randomBytes(4).toString('hex')}`)
    makeFolder(within, 0o700)
    await mkdir(building, { mode: 0o700 })
    const parent = this.#parentIn(within)
    this.#last = undefined
    if (parent === undefined) this.#layers.clear()
    const taken: KnownMemory[] = []
    try {
      const memoryOf = (node: RunningNode): NodeMemory => {
        const known = this.#memoryOf(node)
        taken.push(known)
        return { pages: known.pages, follows: parent !== undefined && known.in === parent }
      }
      const options = {
        name,
        golden: this.#golden,
        building,
        parent,
        onResumed,
        memoryOf,
        held: this.#layers,
      }
      const info = await takeMoment(this.#cluster, options)
      const folder = await moveInto(building, within, name)
      for (const known of taken) known.in = folder
      for (const { layers } of Object.values(info.nodes)) for (const layer of layers) this.#layers.add(layer)
      if (root !== undefined) await pinSnapshot(this.#golden.folder, folder)
      this.#last = folder
      return new Moment(folder, info, this.#golden, this.#cluster.makeFaults)
    } catch (error) {
      this.#forget(taken)
      throw hostFault(error, `the moment ${name} must find room`, within)
    } finally {
      await rm(building, { recursive: true, force: true })
    }
  }

  /** Only beside it: a folder of moments can then be moved, and packed. */
  #parentIn(root: string): string | undefined {
    const last = this.#last
    return last !== undefined && dirname(last) === root && isMoment(last) ? last : undefined
  }

  /** What was copied for a moment that is not kept may be gigabytes; it goes with the threads. */
  #forget(taken: readonly KnownMemory[]): void {
    for (const [node, known] of this.#memories) {
      if (!taken.includes(known)) continue
      this.#memories.delete(node)
      void known.pages.close()
    }
  }

  /** One thread for each machine: what a node had in memory before it was switched off says nothing of what it has now. */
  #memoryOf({ name, machine }: RunningNode): KnownMemory {
    const known = this.#memories.get(name)
    if (known?.machine === machine) return known
    void known?.pages.close()
    const fresh = { machine, pages: new MomentPages(name), in: undefined }
    this.#memories.set(name, fresh)
    return fresh
  }

  #close(): void {
    for (const { pages } of this.#memories.values()) void pages.close()
    this.#memories.clear()
  }
}

/** Renames a folder to the next one of a root; another cluster may be faster in taking its name. */
async function moveInto(building: string, root: string, name: string): Promise<string> {
  for (;;) {
    const folder = await nextFolder(root, name)
    try {
      await move(building, folder)
      return folder
    } catch (error) {
      if (!['ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
    }
  }
}

/** Each has a number of its own: names may be used again, and folders are listed in order. */
async function nextFolder(root: string, name: string): Promise<string> {
  const numbers = (await readdir(root)).map((entry) => Number(/^\d+/.exec(entry)?.[0] ?? 0))
  const number = String(Math.max(0, ...numbers) + 1).padStart(3, '0')
  const words = name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')
  return join(root, `${number}-${words.replaceAll(/^-|-$/g, '').slice(0, 60) || 'moment'}`)
}

const anHour = 3_600_000

/** In one step; where it lies on another disk, it is copied beside its place first. */
async function move(building: string, folder: string): Promise<void> {
  try {
    await publish(building, folder)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error
    await removeUnfinished(dirname(folder))
    const copy = `${folder}.${randomBytes(4).toString('hex')}.building`
    try {
      await cp(building, copy, { recursive: true, preserveTimestamps: true })
      await publish(copy, folder)
    } finally {
      await rm(copy, { recursive: true, force: true })
    }
  }
}

/** What a process that was killed in the middle of copying has left; copying takes seconds. */
async function removeUnfinished(root: string): Promise<void> {
  for (const name of (await readdir(root)).filter((entry) => entry.endsWith('.building'))) {
    const { mtimeMs } = await stat(join(root, name))
    if (Date.now() - mtimeMs > anHour) await rm(join(root, name), { recursive: true, force: true })
  }
}
