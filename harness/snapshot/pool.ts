import { rm, rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import { consoleLogOf, giveUpWhenShort, hasMemory, packetsEnding, type Cluster } from '../cluster/index.js'
import { logger, reached } from '../log.js'
import type { Timeline } from '../timeline/index.js'
import { forkCluster, loadFork, type ForkOptions } from './fork.js'
import { letRun } from './let-run.js'
import type { Snapshot } from './snapshot.js'

const log = logger('snapshot')

/** A cluster whose nodes stand still. */
interface Standing {
  cluster: Cluster
  /** What their clocks show. */
  clock: Date
}

/** A fork that nobody has asked for yet. */
interface Ahead {
  snapshot: Snapshot
  logFolder: string | undefined
  /** Resolves with nothing when there is none. */
  standing: Promise<Standing | undefined>
  /** Ends it. */
  stop: AbortController
}

/** Of a fork that is asked for now: what happens to it is told from now on. */
type TakeOptions = ForkOptions & { timeline?: Timeline | undefined }

/**
 * Forks one cluster ahead: it is loaded while another is in use, has run until its shells answered, and stands still until it is
 * taken. So whoever takes it pays neither for that nor for what an emulated guest does for the first time. Like every fork it
 * belongs to this process, and goes with it.
 */
export class ForkPool implements AsyncDisposable {
  #ahead: Ahead | undefined
  readonly #forget = giveUpWhenShort(() => this.#giveUp())

  /**
   * Loads a fork for whoever takes one of the same snapshot with the same `logFolder`; resolves when it stands still, with whether
   * it does. None is loaded while there is one, or when a whole cluster would have no memory beside it. Never rejects: what is wrong is
   * told to whoever forks.
   */
  async prepare(
    snapshot: Snapshot,
    options: Pick<ForkOptions, 'logFolder' | 'makeFaults' | 'timeline'> = {},
  ): Promise<boolean> {
    if (this.#ahead !== undefined || !hasMemory(snapshot.topology, snapshot.images)) return false
    const stop = new AbortController()
    const standing = loadAhead(snapshot, { ...options, signal: stop.signal }).catch((error: unknown) => {
      log('no fork ahead: %O', error)
      return undefined
    })
    this.#ahead = { snapshot, logFolder: options.logFolder, standing, stop }
    return (await standing) !== undefined
  }

  /** As `forkCluster`, and at once when that fork was loaded ahead. */
  async take<Name extends string>(
    snapshot: Snapshot<Name>,
    options: TakeOptions = {},
  ): Promise<Cluster<Name>> {
    const standing = await this.#takeAhead(snapshot, options)
    const taken = standing && (await goOn(standing, options))
    options.signal?.throwIfAborted()
    return taken ?? forkCluster(snapshot, options)
  }

  async #takeAhead<Name extends string>(
    { folder }: Snapshot<Name>,
    { logFolder, diskFolder }: ForkOptions,
  ): Promise<(Standing & { cluster: Cluster<Name> }) | undefined> {
    const ahead = this.#ahead
    if (ahead?.snapshot.folder !== folder || ahead.logFolder !== logFolder || diskFolder !== undefined)
      return undefined
    this.#ahead = undefined
    return (await ahead.standing) as (Standing & { cluster: Cluster<Name> }) | undefined
  }

  /** Ends what was loaded and not taken. */
  async close(): Promise<void> {
    this.#forget()
    await this.#giveUp()
  }

  async #giveUp(): Promise<void> {
    const ahead = this.#ahead
    this.#ahead = undefined
    if (!ahead) return
    ahead.stop.abort(new Error('it is not wanted any more'))
    await (await ahead.standing)?.cluster.close()
    if (ahead.logFolder !== undefined) await removeLogs(ahead.logFolder, ahead.snapshot)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

async function loadAhead(snapshot: Snapshot, options: ForkOptions): Promise<Standing> {
  const { signal } = options
  const cluster = await loadFork(snapshot, options)
  await letRun(cluster, {
    made: snapshot.made,
    // The next answer then comes from what has answered and forked before.
    answer: async (node) => {
      await node.answer()
      await node.execute(':')
      await node.answer()
    },
    signal,
  })
  try {
    await Promise.all(cluster.nodes.map(({ machine }) => machine.pause()))
    reached(snapshot.topology.name, 'a fork stands still')
    return { cluster, clock: new Date(Date.now() - cluster.clockBehind) }
  } catch (error) {
    await cluster.close()
    throw error
  }
}

/** Resolves with nothing when it is of no use any more: it may have died while it stood still. */
async function goOn<Name extends string>(
  { cluster, clock }: Standing & { cluster: Cluster<Name> },
  { timeline, signal }: TakeOptions,
): Promise<Cluster<Name> | undefined> {
  reached(cluster.topology.name, 'a fork that stands still is asked for')
  try {
    if (timeline) await cluster.tell(timeline)
    return await letRun(cluster, { made: clock, answer: (node) => node.answer(), signal })
  } catch (error) {
    log('the fork that was loaded ahead: %O', error)
    await cluster.close()
    return undefined
  }
}

/** What its consoles have said, its packets' files, and the folder when there is nothing else in it. */
async function removeLogs(folder: string, { topology }: Snapshot): Promise<void> {
  const files = topology.nodes.flatMap(({ name }) => [
    consoleLogOf(folder, name),
    join(folder, `${name}${packetsEnding}`),
  ])
  await Promise.all(files.map((file) => rm(file, { force: true })))
  await rmdir(folder).catch(() => undefined)
}
