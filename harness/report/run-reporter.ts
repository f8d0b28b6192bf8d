import type { Reporter, SerializedError, TestModule, TestRunEndReason } from 'vitest/node'
import { readRun } from './read-run.js'
import type { Run } from './run.js'
import { readStory } from './story.js'
import { writeResults } from './write-results.js'

/** Fills the model of a run inside vitest, and writes what is made of it. */
export class RunReporter implements Reporter {
  /** How the run ended, once it has. */
  run: Run | undefined
  readonly #folder: string
  readonly #laidOver: readonly string[]
  #started = new Date()

  /** @param laidOver the folders that are laid over nodes of every fork, for people */
  constructor(folder: string, { laidOver = [] }: { laidOver?: readonly string[] } = {}) {
    this.#folder = folder
    this.#laidOver = laidOver
  }

  onTestRunStart(): void {
    this.#started = new Date()
  }

  /** @throws StackrigError HOST_DISK; `run` is filled also then. */
  async onTestRunEnd(
    modules: readonly TestModule[],
    errors: readonly SerializedError[],
    reason: TestRunEndReason,
  ): Promise<void> {
    const interrupted = reason === 'interrupted'
    this.run = readRun({ modules, errors, interrupted, started: this.#started })
    if (this.#laidOver.length > 0) this.run.laidOver = [...this.#laidOver]
    await tellStories(this.run)
    await writeResults(this.run, this.#folder)
  }
}

/** One after the other: a timeline is read as a whole. */
async function tellStories({ outcomes }: Run): Promise<void> {
  for (const outcome of outcomes) {
    if (outcome.state !== 'failed' || outcome.timeline === undefined) continue
    const story = await readStory(outcome.timeline, outcome.failures)
    if (story) outcome.story = story
  }
}
