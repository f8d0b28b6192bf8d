import type { ReportedHookContext, Reporter, TestCase } from 'vitest/node'
import { humanDuration } from '../duration.js'

interface LongTestsOptions {
  write: (line: string) => void
  /** ms after which what runs is told of for the first time. Default 3 s. */
  first?: number
  /** ms after which it is told of again. Default 5 min. */
  again?: number
}

/**
 * Says which test or hook a run is at, and since when: a line for each that lasts. Vitest itself shows only files, and
 * without a terminal nothing until a file is done.
 */
export class LongTests implements Reporter {
  readonly #options: Required<LongTestsOptions>
  readonly #timers = new Map<string, NodeJS.Timeout[]>()

  constructor({ write, first = 3000, again = 300_000 }: LongTestsOptions) {
    this.#options = { write, first, again }
  }

  onTestCaseReady(test: TestCase): void {
    // Vitest tells of quick ones when they are over.
    if (test.result().state !== 'pending') return
    this.#begin(test.id, `${test.module.relativeModuleId}: ${test.fullName}`)
  }

  onTestCaseResult(test: TestCase): void {
    this.#end(test.id)
  }

  onHookStart(hook: ReportedHookContext): void {
    // Those around each test belong to its own time.
    if (hook.entity.type === 'test') return
    const { entity } = hook
    const where = entity.type === 'module' ? entity.relativeModuleId : entity.module.relativeModuleId
    this.#begin(`${entity.id} ${hook.name}`, `${where}: ${hook.name}`)
  }

  onHookEnd(hook: ReportedHookContext): void {
    this.#end(`${hook.entity.id} ${hook.name}`)
  }

  onTestRunEnd(): void {
    for (const id of this.#timers.keys()) this.#end(id)
  }

  #begin(id: string, what: string): void {
    const { write, first, again } = this.#options
    const started = new Date()
    const since = `since ${started.toTimeString().slice(0, 8)}`
    this.#end(id)
    this.#timers.set(id, [
      setTimeout(() => write(`running ${since}: ${what}`), first).unref(),
      setInterval(
        () => write(`still running ${since} (${humanDuration(Date.now() - started.getTime())}): ${what}`),
        again,
      ).unref(),
    ])
  }

  #end(id: string): void {
    for (const timer of this.#timers.get(id) ?? []) clearTimeout(timer)
    this.#timers.delete(id)
  }
}
