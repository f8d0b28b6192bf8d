import { HeldLock } from '../held-lock.js'
import type { Duration } from '../duration.js'
import { Qmp, type QmpClient } from './qmp.js'

/** How long others may talk to QEMU before that is told, ms; their commands have time limits of their own. */
const turnTime = 90_000

/** The lock of a machine's control connection: whoever talks to QEMU meanwhile holds it. */
export const qmpLock = (socketPath: string): string => `${socketPath}.lock`

/**
 * A control connection that several processes take turns with: QEMU serves one at a time. It is opened for each turn, so it
 * tells of no events.
 */
export class SharedQmp implements QmpClient {
  readonly #path: string
  readonly #name: string
  readonly #signal: AbortSignal

  /** @param signal says that QEMU has ended */
  constructor(path: string, name: string, signal: AbortSignal) {
    this.#path = path
    this.#name = name
    this.#signal = signal
  }

  /** As `Qmp.execute`. @throws StackrigError also NODE_HELD */
  execute<T = unknown>(command: string, args: object = {}, options: { timeout?: Duration } = {}): Promise<T> {
    return this.turn((qmp) => qmp.execute<T>(command, args, options))
  }

  /** Several commands between which no other process says anything. */
  async turn<T>(work: (qmp: Qmp) => Promise<T>): Promise<T> {
    return (await this.turnIf(() => Promise.resolve(true), work)) as T
  }

  /** The same when something holds at the beginning of the turn; otherwise undefined. */
  async turnIf<T>(holds: () => Promise<boolean>, work: (qmp: Qmp) => Promise<T>): Promise<T | undefined> {
    const what = `the control connection of ${this.#name}`
    const lock = await HeldLock.take(qmpLock(this.#path), what, { timeout: turnTime, signal: this.#signal })
    try {
      if (!(await holds())) return undefined
      const qmp = await Qmp.connect(this.#path, this.#name, this.#signal)
      return await work(qmp).finally(() => qmp.close())
    } finally {
      await lock.giveBack()
    }
  }

  onEvent(): () => void {
    return () => undefined
  }

  close(): void {
    // There is none between turns.
  }
}
