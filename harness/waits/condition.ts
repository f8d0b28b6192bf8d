import type { Duration } from '../duration.js'
import type { ErrorCode } from '../errors/index.js'

/** What a probe found: the thing waited for; what is there instead; or why it cannot come any more, which ends the wait. */
export type Seen<T> = { done: true; value: T } | { done: false; seen: string } | Impossible

export interface Impossible {
  done?: never
  /** What is there that excludes the goal: `nova-compute is failed`. */
  impossible: string
  /** Default UNEXPECTED_STATE. */
  code?: ErrorCode
}

/** One look of a wait. */
export interface Look {
  /** Aborted when the wait is over, however it ended. The same for all looks of a wait. */
  readonly signal: AbortSignal
  /** Whole ms until the wait's time-out. */
  readonly timeLeft: number
}

/** What is waited for. `waitFor` waits for it; `all`, `any`, `not` and `stable` make others of it. */
export interface Condition<T = unknown> {
  /** As it stands in `waited 5 min for …`. */
  readonly what: string
  /**
   * Looks once, and answers soon: what it throws is no answer, and is looked at as `endsWaits` says. A command may take all
   * the time that is left.
   */
  probe(look: Look): Promise<Seen<T>>
  /**
   * Calls `again` when something has changed, until the look's signal is aborted, so that nobody has to wait for the next
   * interval. It begins after the first look that did not find the goal. What fails in it is its own: it must not throw.
   */
  watch?(look: Look, again: () => void): void
  /** The pause between two looks that suits what is looked at; default 250 ms. */
  readonly interval?: Duration
  /** Ends the wait, with its reason, when what is looked at cannot go on: a node that died. */
  readonly signal?: AbortSignal | undefined
}
