import { styleText } from 'node:util'
import { humanDuration } from '../duration.js'
import { lineForPeople } from '../errors/index.js'

/** Shows what long work is doing: one changing line on a terminal, plain lines otherwise. Written to standard error. */
export class Progress implements Disposable {
  private readonly started = Date.now()
  private readonly timer: NodeJS.Timeout | undefined
  private readonly terminal = process.stderr.isTTY
  private readonly said = new Set<string>()
  private what = ''

  constructor() {
    this.timer = this.terminal ? setInterval(() => this.draw(), 500).unref() : undefined
  }

  /** The work goes on with something else. The same text is shown once, also when things that run side by side take turns. */
  say = (words: string): void => {
    const what = lineForPeople(words)
    if (this.said.has(what)) return
    this.said.add(what)
    if (this.terminal && this.what) this.line()
    this.what = what
    if (this.terminal) this.draw()
    else process.stderr.write(`${humanDuration(Date.now() - this.started).padStart(12)}  ${what}\n`)
  }

  private draw(): void {
    if (!this.what) return
    const width = (process.stderr.columns || 80) - 16
    process.stderr.write(
      `\r\x1b[2K${styleText('dim', this.elapsed(), { stream: process.stderr })}  ${this.what.slice(0, width)}`,
    )
  }

  private line(): void {
    this.draw()
    process.stderr.write('\n')
  }

  private elapsed(): string {
    return humanDuration(Date.now() - this.started).padStart(12)
  }

  [Symbol.dispose](): void {
    clearInterval(this.timer)
    if (this.terminal && this.what) this.line()
  }
}
