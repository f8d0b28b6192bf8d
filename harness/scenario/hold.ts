import type { RunnerTestCase } from 'vitest'
import { availableMemory, giveUpSpare, listKept, type Cluster } from '../cluster/index.js'
import { StackrigError } from '../errors/index.js'
import { fileStem } from '../paths.js'
import type { EndedStep, Step, StepObserver } from './step.js'

declare module 'vitest' {
  interface TaskMeta {
    /** The scenario's cluster goes on running. */
    held?: HeldCluster
  }
}

/** A cluster that goes on after its scenario. */
export interface HeldCluster {
  /** By which it is found. */
  name: string
  /** One of its nodes. */
  node: string
}

/** What must be left for the scenarios to come, MiB. */
const leastMemory = 2048

/** The cluster of a scenario: it ends with it, unless it is held. */
export class OwnCluster implements AsyncDisposable {
  readonly #cluster: Cluster
  #isHeld = false

  constructor(cluster: Cluster) {
    this.#cluster = cluster
  }

  /** Lets it outlive the run; resolves with nothing when there is no memory for that. @throws StackrigError SANDBOX_DIED */
  async hold(task: RunnerTestCase): Promise<HeldCluster | undefined> {
    if (availableMemory().mebibytes < leastMemory) await giveUpSpare()
    const { mebibytes, source } = availableMemory()
    if (mebibytes < leastMemory) {
      const left = `${mebibytes} of ${leastMemory} MiB are left (${source})`
      process.stderr.write(`${task.fullTestName}: its cluster is not held, memory is short: ${left}\n`)
      return undefined
    }
    const name = await freeName(fileStem(task.file.name))
    await this.#cluster.keep(name)
    this.#isHeld = true
    return { name, node: this.#cluster.topology.nodes[0]?.name ?? '' }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#isHeld) await this.#cluster.close()
  }
}

async function freeName(wanted: string): Promise<string> {
  const taken = new Set((await listKept()).map(({ name }) => name))
  if (!taken.has(wanted)) return wanted
  for (let n = 2; ; n++) if (!taken.has(`${wanted}-${n}`)) return `${wanted}-${n}`
}

/** Ends a scenario after one of its outermost steps, as a test that is skipped from there on. */
export class StopAfterStep implements StepObserver {
  readonly #wanted: string
  readonly #task: Pick<RunnerTestCase, 'context'>
  #stopped = false

  /** @param wanted its number, or a part of its name */
  constructor(wanted: string, task: Pick<RunnerTestCase, 'context'>) {
    this.#wanted = wanted
    this.#task = task
  }

  get stopped(): boolean {
    return this.#stopped
  }

  stepEnded({ n, depth, name, status }: EndedStep): void {
    if (depth > 0 || status !== 'passed' || this.#stopped) return
    if (String(n) !== this.#wanted && !name.toLowerCase().includes(this.#wanted.toLowerCase())) return
    this.#stopped = true
    this.#task.context.skip(`stopped after step ${n} "${name}"`)
  }

  /** A scenario that came to its end has gone past what was meant. @throws StackrigError USAGE */
  requireStopped(steps: readonly Step[]): void {
    if (this.#stopped) return
    const names = steps.filter(({ depth }) => depth === 0).map(({ n, name }) => `step ${n}: ${name}`)
    throw new StackrigError('USAGE', `the scenario must have a step "${this.#wanted}" to stop after`, {
      seen: names.join('\n') || 'it has no steps',
      next: '--until takes the number of an outermost step, or a part of its name',
    })
  }
}
