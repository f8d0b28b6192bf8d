import { AsyncLocalStorage } from 'node:async_hooks'
import { StackrigError } from '../errors/index.js'

/** A named part of a scenario. Plain data: it travels to the reporter with the test that it belongs to. */
export interface Step {
  /** Which it is of the steps beside it, from 1. */
  n: number
  /** 0 of an outermost one. */
  depth: number
  name: string
  /** The names of the steps around it, from the outermost on, and its own. */
  path: string[]
  /** ms since 1970, of the host's clock. */
  began: number
}

export interface EndedStep extends Step {
  ended: number
  /** `failed`: something inside threw, or the scenario ended before it did. */
  status: 'passed' | 'failed'
}

/** Who is told of a scenario's steps, in order. A step ends for the scenario when all have been told of its end. */
export interface StepObserver {
  stepBegan?(step: Step): void
  stepEnded?(step: EndedStep): Promise<void> | void
}

/** Names a part of a scenario, and returns what its function returns. Steps nest. */
export type StepFunction = <Result>(name: string, work: () => Promise<Result> | Result) => Promise<Result>

declare module 'vitest' {
  interface TaskMeta {
    /** The steps of a scenario in the order in which they began; those that have not ended yet, too. */
    steps?: (Step | EndedStep)[]
  }
}

/** A step whose function runs. */
interface OpenStep {
  step: Step
  /** How many steps were begun inside. */
  inside: number
  /** The number of the outermost step around it. */
  outermost: number
}

/** The steps of one run of a scenario. */
export class Steps {
  /** In the order in which they began. */
  readonly all: (Step | EndedStep)[] = []
  readonly #observers: StepObserver[] = []
  readonly #around = new AsyncLocalStorage<OpenStep>()
  #outermost = 0

  /** When the last outermost step failed, ms since 1970; undefined when it did not: what it cleaned up came afterwards. */
  get failedAt(): number | undefined {
    const last = this.all.findLast(({ depth }) => depth === 0)
    return last && hasEnded(last) && last.status === 'failed' ? last.ended : undefined
  }

  /** Tells someone of all steps from now on. */
  observe(observer: StepObserver): void {
    this.#observers.push(observer)
  }

  /** @throws StackrigError USAGE when the name is empty, and whatever `work` throws. */
  step: StepFunction = async (name, work) => {
    if (typeof name !== 'string' || name.trim() === '')
      throw new StackrigError('USAGE', 'a step must have a name', { next: "step('boot', async () => …)" })
    const open = this.#open(name)
    try {
      const result = await this.#around.run(open, work)
      await this.#end(open.step, 'passed')
      return result
    } catch (error) {
      nameStep(error, open)
      await this.#end(open.step, 'failed')
      throw error
    }
  }

  /** The scenario is over: what still runs, as of one that took too long, did not come to its end. */
  async end(): Promise<void> {
    for (const step of this.all.toReversed()) await this.#end(step, 'failed')
  }

  #open(name: string): OpenStep {
    const around = this.#around.getStore()
    const n = around ? ++around.inside : ++this.#outermost
    const step = {
      ...{ n, depth: around ? around.step.depth + 1 : 0, name },
      ...{ path: [...(around?.step.path ?? []), name], began: Date.now() },
    }
    this.all.push(step)
    for (const observer of this.#observers) observer.stepBegan?.(step)
    return { step, inside: 0, outermost: around?.outermost ?? n }
  }

  async #end(step: Step | EndedStep, status: EndedStep['status']): Promise<void> {
    if (hasEnded(step)) return
    const ended: EndedStep = Object.assign(step, { ended: Date.now(), status })
    for (const observer of this.#observers) await observer.stepEnded?.(ended)
  }
}

const hasEnded = (step: Step | EndedStep): step is EndedStep => 'ended' in step

/**
 * An error says in which step it was thrown, `2 "boot" › "wait"`; the innermost one knows best. Its message stays what it is.
 */
function nameStep(error: unknown, { step: { path }, outermost }: OpenStep): void {
  if (error instanceof Error && Object.isExtensible(error) && !('step' in error))
    Object.assign(error, { step: `${outermost} ${path.map((name) => `"${name}"`).join(' › ')}` })
}
