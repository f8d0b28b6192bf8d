import { existsSync } from 'node:fs'
import { rm, rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import { consoleLogOf, giveUpWhenShort, hasMemory, packetsEnding, type Cluster } from '../cluster/index.js'
import { messageOf } from '../errors/index.js'
import { logger, reached } from '../log.js'
import type { Timeline } from '../timeline/index.js'
import { forkCluster, loadFork, type ForkOptions } from './fork.js'
import { letRun } from './let-run.js'
import type { Snapshot } from './snapshot.js'

const log = logger('snapshot')

/** A cluster whose nodes stand still. */
interface Standing<Name extends string = string> {
  cluster: Cluster<Name>
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
  #closed: Promise<void> | undefined
  readonly #forget = giveUpWhenShort(() => this.#giveUp())

  /**
   * Loads a fork for whoever takes one of the same snapshot with the same `logFolder`, which must not be there yet; resolves when it
   * stands still, with whether it does. One that was loaded for somebody else is given up. None is loaded when a whole cluster would
   * have no memory beside it. Never rejects: what is wrong is told to whoever forks.
   */
  async prepare(
    snapshot: Snapshot,
    options: Pick<ForkOptions, 'logFolder' | 'makeFaults'> = {},
  ): Promise<boolean> {
    const { logFolder } = options
    if (!this.#isAhead(snapshot, logFolder)) {
      await this.#giveUp().catch((error: unknown) => log('a fork that nobody took: %O', error))
      // Whose scenario has files there would lose some with the fork.
      if (logFolder !== undefined && existsSync(logFolder)) return false
      if (this.#closed || this.#ahead || !hasMemory(snapshot.topology, snapshot.images)) return false
      const stop = new AbortController()
      const standing = loadAhead(snapshot, { ...options, signal: stop.signal }).catch((error: unknown) => {
        log('no fork ahead: %O', error)
        return undefined
      })
      this.#ahead = { snapshot, logFolder, standing, stop }
    }
    return (await this.#ahead?.standing) !== undefined
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

  #isAhead({ folder }: Snapshot, logFolder: string | undefined): boolean {
    return this.#ahead?.snapshot.folder === folder && this.#ahead.logFolder === logFolder
  }

  async #takeAhead<Name extends string>(
    snapshot: Snapshot<Name>,
    { logFolder, diskFolder, signal }: ForkOptions,
  ): Promise<Standing<Name> | undefined> {
    const ahead = this.#ahead
    if (!ahead || !this.#isAhead(snapshot, logFolder) || diskFolder !== undefined) return undefined
    this.#ahead = undefined
    const end = (): void => ahead.stop.abort(signal?.reason)
    signal?.addEventListener('abort', end, { once: true })
    if (signal?.aborted) end()
    try {
      return (await ahead.standing) as Standing<Name> | undefined
    } finally {
      signal?.removeEventListener('abort', end)
    }
  }

  /** Ends what was loaded and not taken; nothing is loaded any more. */
  close(): Promise<void> {
    this.#forget()
    this.#closed ??= this.#giveUp()
    return this.#closed
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
  const cluster = await loadFork(snapshot, { ...options, timeline: 'later' })
  cluster.closeWhen(signal)
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
  { cluster, clock }: Standing<Name>,
  { timeline, logFolder, signal }: TakeOptions,
): Promise<Cluster<Name> | undefined> {
  reached(cluster.topology.name, 'a fork that stands still is asked for')
  try {
    if (timeline) await cluster.tell(timeline)
    return await letRun(cluster, { made: clock, answer: (node) => node.answer(), signal })
  } catch (error) {
    await cluster.close()
    if (logFolder !== undefined) await removeLogs(logFolder, cluster)
    signal?.throwIfAborted()
    const text = `a fork that was loaded ahead is replaced: ${messageOf(error)}`
    timeline?.add({ lane: 'harness', kind: 'note', text })
    return undefined
  }
}

/** What its consoles have said, its packets' files, and the folder when there is nothing else in it. */
async function removeLogs(folder: string, { topology }: Pick<Snapshot, 'topology'>): Promise<void> {
  const files = topology.nodes.flatMap(({ name }) => [
    consoleLogOf(folder, name),
    join(folder, `${name}${packetsEnding}`),
  ])
  await Promise.all(files.map((file) => rm(file, { force: true })))
  await rmdir(folder).catch(() => undefined)
}
