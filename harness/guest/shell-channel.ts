import { randomBytes } from 'node:crypto'
import type { Socket } from 'node:net'
import { Marked } from './marked-stream.js'

/** What a command did. */
export interface CommandResult {
  command: string
  exitCode: number
  stdout: Buffer
  stderr: Buffer
  /** As seen from outside, ms. */
  duration: number
}

/** Gets standard output and standard error piece by piece, while the command runs. */
export type OnOutput = (stream: 'stdout' | 'stderr', data: Buffer) => void

/** One shell on one pair of ports: runs one command at a time. */
export class ShellChannel {
  private readonly output: Socket
  private readonly errors: Socket
  private readonly stdout: Marked
  private readonly stderr: Marked
  /** The session every command of this channel runs in (setsid(1)). */
  session = 0

  constructor(node: string, output: Socket, errors: Socket) {
    this.output = output
    this.errors = errors
    this.stdout = new Marked(output, node)
    this.stderr = new Marked(errors, node)
  }

  /**
   * Makes sure that a shell reads at the other end: bytes sent before the guest opened its port are lost, so the
   * question is asked again until it is answered.
   */
  async shakeHands(signal: AbortSignal): Promise<void> {
    // Without quotes: a question that lost its beginning must not swallow the next one.
    const first = randomBytes(6).toString('hex')
    const answer = this.stdout.until(`:${first}\n`, signal)
    const ask = (mark: string): unknown => this.output.write(`\necho $$:${mark}\n`)
    ask(first)
    const again = setInterval(() => ask(first), 500)
    const heard = await answer.finally(() => clearInterval(again))
    this.session = Number(/(\d+)$/.exec(heard.data.toString('latin1'))?.[1])
    // Answers to the repeated questions come before the answer to one that is asked once.
    const last = randomBytes(6).toString('hex')
    ask(last)
    await this.stdout.until(`:${last}\n`, signal)
    this.stdout.forget()
    this.stderr.forget()
  }

  /** Runs a command in a subshell. Rejects with the signal's reason; the command is then still running. */
  async run(command: string, signal: AbortSignal, onOutput?: OnOutput): Promise<CommandResult> {
    const mark = randomBytes(9).toString('hex')
    const started = performance.now()
    const stdout = this.stdout.until(`${mark}:`, signal, (data) => onOutput?.('stdout', data))
    const stderr = this.stderr.until(`${mark}:\n`, signal, (data) => onOutput?.('stderr', data))
    this.output.write(framed(command, mark))
    const [out, err] = await Promise.all([stdout, stderr])
    const status = await this.stdout.until('\n', signal)
    return {
      command,
      exitCode: Number(status.data.toString('latin1')),
      stdout: out.data,
      stderr: err.data,
      duration: performance.now() - started,
    }
  }

  /** The stream to the shell, for whoever wants to talk to it without framing; `run` must not be called any more. */
  release(): Socket {
    this.output.removeAllListeners('data')
    return this.output
  }

  close(): void {
    this.output.destroy()
    this.errors.destroy()
  }
}

/**
 * The command in single quotes, so that it cannot end the shell that reads it, whatever it holds; the marks are printed
 * by builtins, so that no program is started for them (that is what takes time under TCG).
 */
function framed(command: string, mark: string): string {
  const quoted = `'${command.replaceAll("'", String.raw`'\''`)}'`
  return `( eval ${quoted} ) </dev/null; echo "${mark}:$?"; echo "${mark}:" >&2\n`
}
