import { rm, statfs } from 'node:fs/promises'
import { basename } from 'node:path'
import { makeFolder } from '../make-folder.js'
import type { Cluster } from '../cluster/index.js'
import { forPeople, messageOf, StackrigError } from '../errors/index.js'
import { settings } from '../settings.js'
import { endsWithin } from '../time-limit.js'
import { keepMoments, pruneMoments, writeRow, type MomentPlace, type MomentRow } from '../snapshot/index.js'
import type { EndedStep, StepObserver } from './step.js'

/** What is kept of the moments of a scenario that failed: those of all steps, of the last three; `off`: none are taken. */
export type MomentsKept = (typeof momentsKept)[number]
export const momentsKept = ['steps', 'failure', 'off'] as const

/** How long a step waits for its moment at most, ms: a node that hangs must not take the scenario's time. */
const patience = 30_000
/** Below this much free disk none is taken, bytes: what the nodes write needs room, too. */
const leastFree = 512 * 1024 ** 2
/** How many steps before a failure are kept of it. */
const lastSteps = 3

type Described = Pick<MomentRow, 'file' | 'test' | 'start' | 'snapshot'>

/**
 * Takes the moments of a scenario: at the end of each outermost step, and where it failed. A moment that cannot be taken is
 * told, and never thrown: what it shows is not the scenario's fault.
 */
export class ScenarioMoments implements StepObserver {
  readonly #cluster: Cluster
  readonly #root: string
  readonly #row: MomentRow
  readonly #told = new Set<string>()
  #keeping: Promise<unknown> = Promise.resolve()
  /** Why no more are taken. */
  #givenUp: string | undefined

  /** @param root the folder for them, which is not there yet */
  constructor(cluster: Cluster, root: string, described: Described) {
    this.#cluster = cluster
    this.#root = root
    this.#row = { format: 'stackrig-moments', version: 1, ...described, steps: [] }
  }

  async stepEnded({ n, depth, name, status }: EndedStep): Promise<void> {
    if (depth > 0) return
    const place: MomentPlace = { n, name: forPeople(name), status, at: new Date().toISOString() }
    this.#row.steps.push(place)
    await this.#take(place, status === 'passed' ? name : `${name} failed`)
  }

  /** The scenario has failed, and its nodes are as it left them. */
  async failed(): Promise<void> {
    const last = this.#row.steps.at(-1)
    if (last?.status === 'failed') this.#row.failure = last
    else {
      const place: MomentPlace = { name: 'where it failed', status: 'failed', at: new Date().toISOString() }
      this.#row.failure = place
      await this.#take(place, 'failed')
    }
  }

  /** Whether one can go back to where the scenario failed; known when all has been kept. */
  get hasFailure(): boolean {
    return this.#row.failure?.moment !== undefined
  }

  /** The scenario is over: keeps what is to be kept, and removes the others. */
  async settle({ failed, keep, kept }: { failed: boolean; keep: boolean; kept: MomentsKept }): Promise<void> {
    await this.#keeping
    if (!failed && !keep) {
      await rm(this.#root, { recursive: true, force: true })
      return
    }
    this.#row.ended = failed ? 'failed' : 'passed'
    try {
      if (kept === 'failure') await this.#keepLast()
      this.#write()
      await pruneMoments(settings().momentsGiB, this.#root)
    } catch (error) {
      this.#tell(`its moments may not be whole: ${messageOf(error)}`)
    }
  }

  async #keepLast(): Promise<void> {
    const { steps, failure } = this.#row
    const last = steps.filter((place) => place !== failure).slice(-lastSteps)
    const places = [...last, ...(failure ? [failure] : [])]
    for (const place of steps) {
      if (places.includes(place) || place.moment === undefined) continue
      delete place.moment
      place.missing = `only the last ${lastSteps} steps and the failure are kept; scenario(…, { moments: 'steps' }) keeps all`
    }
    await keepMoments(
      this.#root,
      places.flatMap(({ moment }) => moment ?? []),
    )
  }

  /** Resolves when the nodes go on; what was saved is kept meanwhile. */
  async #take(place: MomentPlace, name: string): Promise<void> {
    const why = this.#givenUp ?? (await this.#whyNot())
    if (why !== undefined) {
      this.#miss(place, why)
      return
    }
    let resume: () => void = () => undefined
    const resumed = new Promise<void>((resolve) => (resume = resolve))
    const kept = this.#cluster.moment(name, { root: this.#root, onResumed: resume }).then(
      ({ folder }) => {
        place.moment = basename(folder)
        delete place.missing
        this.#write()
      },
      (error: unknown) => {
        // Those are told before anything stands still, and may not hold at the next step; all else would cost that as much.
        if (!isRefusal(error)) this.#givenUp = messageOf(error)
        this.#miss(place, messageOf(error))
      },
    )
    this.#keeping = Promise.all([this.#keeping, kept])
    if (await endsWithin(patience, Promise.race([resumed, kept]))) return
    this.#givenUp = `a moment took longer than ${patience / 1000} s`
    this.#miss(place, this.#givenUp)
  }

  async #whyNot(): Promise<string | undefined> {
    try {
      makeFolder(this.#root, 0o700)
      const { bavail, bsize } = await statfs(this.#root)
      return bavail * bsize < leastFree ? `the disk of ${this.#root} is nearly full` : undefined
    } catch (error) {
      return messageOf(error)
    }
  }

  #miss(place: MomentPlace, why: string): void {
    place.missing = why
    this.#tell(`there is no moment of "${place.name}": ${why}`)
    this.#write()
  }

  #tell(words: string): void {
    const reason = words.replace(/^.*?": /, '')
    if (this.#told.has(reason)) return
    this.#told.add(reason)
    process.stderr.write(`${this.#row.test}: ${words}\n`)
  }

  #write(): void {
    try {
      writeRow(this.#root, this.#row)
    } catch (error) {
      this.#givenUp ??= messageOf(error)
    }
  }
}

const isRefusal = (error: unknown): boolean =>
  error instanceof StackrigError && ['USAGE', 'HOST_MEMORY'].includes(error.code)
