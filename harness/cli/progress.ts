import { styleText } from 'node:util'
import { humanDuration } from '../duration.js'
import { lineForPeople } from '../errors/index.js'

/** Where progress is shown: standard error, as a rule. */
export type ProgressStream = Pick<NodeJS.WriteStream, 'write'> & { isTTY?: boolean; columns?: number }

/** Shows what long work is doing: one changing line on a terminal, plain lines otherwise. */
export class Progress implements Disposable {
  /** The work goes on with something else; for what is one piece of work (`part`). */
  readonly say: (what: string) => void
  readonly #started = Date.now()
  readonly #timer: NodeJS.Timeout | undefined
  readonly #stream: ProgressStream
  #what = ''

  constructor(stream: ProgressStream = process.stderr) {
    this.#stream = stream
    this.#timer = stream.isTTY ? setInterval(() => this.#draw(), 500).unref() : undefined
    this.say = this.part()
  }

  /**
   * One of several pieces of work, which do the same things. What one of them says more than once is shown once, for
   * things that run side by side take turns; what another has said is shown again, under the name of this one.
   */
  part(name?: string): (what: string) => void {
    const said = new Set<string>()
    return (words) => {
      const what = lineForPeople(words)
      if (said.has(what)) return
      said.add(what)
      this.#show(name === undefined ? what : `${name}: ${what}`)
    }
  }

  #show(what: string): void {
    if (this.#stream.isTTY && this.#what) this.#line()
    this.#what = what
    if (this.#stream.isTTY) this.#draw()
    else this.#stream.write(`${this.#elapsed()}  ${what}\n`)
  }

  #draw(): void {
    if (!this.#what) return
    const width = (this.#stream.columns || 80) - 16
    this.#stream.write(`\r\x1b[2K${this.#elapsed()}  ${this.#what.slice(0, width)}`)
  }

  #line(): void {
    this.#draw()
    this.#stream.write('\n')
  }

  #elapsed(): string {
    const elapsed = humanDuration(Date.now() - this.#started).padStart(12)
    return this.#stream.isTTY ? styleText('dim', elapsed, { stream: process.stderr }) : elapsed
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
    if (this.#stream.isTTY && this.#what) this.#line()
  }
}
