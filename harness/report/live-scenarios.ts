import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Reporter, TestCase } from 'vitest/node'
import { humanDuration } from '../duration.js'
import { lineForPeople } from '../errors/index.js'
import { PresentState, timelineName, TimelineTail, type Entry, type OpenWait } from '../timeline/index.js'
import { labelOf } from './failure-lines.js'

interface LiveScenariosOptions {
  /** Folder of the run's results, where scenarios write their timelines. */
  folder: string
  write: (line: string) => void
  /** ms between two looks. Default 1 s. */
  interval?: number
  /** ms after which a wait is told of. Default 10 s. */
  first?: number
  /** ms after which it is told of again, with what it last saw. Default 1 min. */
  again?: number
}

interface Running {
  tail: TimelineTail
  state: PresentState
  /** When each wait was last told of, by its beginning and its goal. */
  told: Map<string, number>
}

/**
 * Says where the running scenarios are, a line each: a step that begins; a wait that lasts, since when, and what it last saw.
 * A scenario runs in another process: it is read from its timeline.
 */
export class LiveScenarios implements Reporter {
  readonly #options: Required<LiveScenariosOptions>
  /** Of tests that run, by file and name. */
  readonly #tests = new Set<string>()
  readonly #timelines = new Map<string, Running>()
  #timer: NodeJS.Timeout | undefined
  #looking = Promise.resolve()

  constructor({ interval = 1000, first = 10_000, again = 60_000, ...options }: LiveScenariosOptions) {
    this.#options = { interval, first, again, ...options }
  }

  onTestCaseReady(test: TestCase): void {
    if (test.result().state !== 'pending') return
    this.#tests.add(keyOf(test.module.relativeModuleId, test.fullName))
    this.#timer ??= setInterval(() => {
      this.#looking = this.#looking.then(() => this.#look()).catch(() => undefined)
    }, this.#options.interval).unref()
  }

  onTestCaseResult(test: TestCase): void {
    this.#tests.delete(keyOf(test.module.relativeModuleId, test.fullName))
  }

  async onTestRunEnd(): Promise<void> {
    clearInterval(this.#timer)
    this.#timer = undefined
    await this.#looking
  }

  async #look(): Promise<void> {
    for (const path of await timelinesIn(this.#options.folder)) {
      const running = this.#timelines.get(path) ?? {
        ...{ tail: new TimelineTail(path), state: new PresentState(), told: new Map<string, number>() },
      }
      this.#timelines.set(path, running)
      const { tail, state } = running
      for (const entry of await tail.read()) {
        state.take(entry)
        if (this.#isRunning(state)) this.#tellStep(state, entry)
      }
      if (this.#isRunning(state)) this.#tellWaits(running)
    }
  }

  #isRunning({ test, status }: PresentState): boolean {
    return test !== undefined && status === undefined && this.#tests.has(keyOf(test.file, test.name))
  }

  #tellStep(state: PresentState, { kind, data }: Entry): void {
    if (kind === 'step' && data?.phase === 'begin') this.#say(state, stepOf(data))
  }

  #tellWaits({ state, told }: Running): void {
    const now = Date.now()
    for (const wait of state.waits) {
      const key = keyOf(String(wait.since), wait.wanted)
      const last = told.get(key)
      if (last === undefined ? now - wait.since < this.#options.first : now - last < this.#options.again)
        continue
      told.set(key, now)
      this.#say(state, waitOf(wait, now))
    }
  }

  #say({ test, steps }: PresentState, words: string): void {
    if (test === undefined) return
    const within = steps.at(-1)
    const place = within && !words.startsWith('step ') ? `${stepOf(within)}: ` : ''
    this.#options.write(lineForPeople(`${labelOf(test)}: ${place}${words}`))
  }
}

const stepOf = ({ n, path }: { n: number; path: readonly string[] }): string =>
  `step ${n} ${path.map((name) => `"${name}"`).join(' › ')}`

function waitOf({ since, wanted, lastSeen }: OpenWait, now: number): string {
  const time = new Date(since).toTimeString().slice(0, 8)
  const seen = lastSeen.split('\n', 1).join('')
  return `waits since ${time} (${humanDuration(now - since)}) for ${wanted}; last seen: ${seen}`
}

const keyOf = (file: string, name: string): string => `${file}\n${name}`

/** A run has a folder for each file, and in it one for each scenario. */
export async function timelinesIn(folder: string): Promise<string[]> {
  const files = await readdir(folder, { withFileTypes: true }).catch(() => [])
  const found = await Promise.all(
    files
      .filter((entry) => entry.isDirectory())
      .map(async ({ name }) => {
        const scenarios = await readdir(join(folder, name), { withFileTypes: true }).catch(() => [])
        return scenarios
          .filter((entry) => entry.isDirectory())
          .map((scenario) => join(folder, name, scenario.name, timelineName))
      }),
  )
  return found.flat()
}
