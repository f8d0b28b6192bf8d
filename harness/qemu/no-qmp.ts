import { StackrigError } from '../errors/index.js'
import type { QmpClient } from './qmp.js'

/** The control connection of a machine that is switched off: nobody is there to be told anything. */
export class NoQmp implements QmpClient {
  readonly #name: string

  constructor(name: string) {
    this.#name = name
  }

  /** @throws StackrigError USAGE */
  execute<T>(command: string): Promise<T> {
    const wanted = `node ${this.#name} must be on to be told ${command}`
    return Promise.reject(new StackrigError('USAGE', wanted, { seen: 'it is off' }))
  }

  onEvent(): () => void {
    return () => undefined
  }

  close(): void {
    // There is none.
  }
}
