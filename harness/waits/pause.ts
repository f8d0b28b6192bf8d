import { setTimeout as delay } from 'node:timers/promises'

/** The pause between two looks, which an event ends; one that comes while a look is going on leaves no pause after it. */
export class Pause {
  #called = false
  #end = new AbortController()

  readonly end = (): void => {
    this.#called = true
    this.#end.abort()
  }

  /** `length` in ms. */
  async take(length: number, signal: AbortSignal): Promise<void> {
    if (!this.#called) {
      this.#end = new AbortController()
      const ended = AbortSignal.any([signal, this.#end.signal])
      await delay(length, undefined, { signal: ended }).catch(() => undefined)
    }
    this.#called = false
  }
}
