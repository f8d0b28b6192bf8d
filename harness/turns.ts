/** Work that is done one after the other: each begins when all that was asked for before it has ended, well or not. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve()

  /** Does work when its turn has come; settles as it does. */
  take<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work)
    this.#last = done.catch(() => undefined)
    return done
  }
}
