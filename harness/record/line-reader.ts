import { createInterface, type Interface } from 'node:readline'

/** What a person did at a prompt: typed a line, or gave it up with Ctrl-C. */
export type Answer = { line: string } | 'given up'

/** Lines that a person types at this terminal, also ahead of their prompt; with editing and history. */
export class LineReader {
  #lines: Interface | undefined
  #history: string[] = []
  readonly #ahead: string[] = []
  #waiting: ((answer: Answer | undefined) => void) | undefined
  #hasEnded = false
  /** Called for Ctrl-C while no line is asked for. */
  onInterrupt: (() => void) | undefined

  /** Undefined when there is no more to come: after Ctrl-D, or when the signal says so. */
  async ask(prompt: string, signal: AbortSignal): Promise<Answer | undefined> {
    const ahead = this.#ahead.shift()
    if (signal.aborted) return undefined
    const lines = (this.#lines ??= this.#open())
    lines.setPrompt(prompt)
    lines.prompt()
    if (ahead !== undefined) return { line: ahead }
    if (this.#hasEnded) return undefined
    const end = (): void => this.#answer(undefined)
    signal.addEventListener('abort', end)
    try {
      return await new Promise((resolve) => (this.#waiting = resolve))
    } finally {
      signal.removeEventListener('abort', end)
    }
  }

  /** Leaves the terminal to somebody else; the next question takes it again. */
  release(): void {
    const lines = this.#lines
    this.#lines = undefined
    lines?.close()
  }

  #open(): Interface {
    const { stdin: input, stdout: output } = process
    const lines = createInterface({ input, output, terminal: true, history: [...this.#history] })
    lines.on('history', (history) => (this.#history = history))
    lines.on('line', (line) => {
      if (this.#waiting) this.#answer({ line })
      else this.#ahead.push(line)
    })
    lines.on('SIGINT', () => {
      if (!this.#waiting) return this.onInterrupt?.()
      process.stdout.write('^C\n')
      this.#answer('given up')
    })
    lines.on('close', () => {
      if (this.#lines !== lines) return
      this.#hasEnded = true
      this.#answer(undefined)
    })
    return lines
  }

  #answer(answer: Answer | undefined): void {
    const waiting = this.#waiting
    this.#waiting = undefined
    waiting?.(answer)
  }
}
