import { randomBytes } from 'node:crypto'
import type { Socket } from 'node:net'
import { Marked } from './marked-stream.js'
import { commandLoop } from './shell-loop.js'

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
  /** The session every command of this channel runs in (setsid(1)); unknown, with nothing in it, before hands were shaken. */
  session: number | undefined
  /** What the loop says after a command's output; none before hands were shaken. */
  private tag: string | undefined
  /** Streams on which the loop still says how the last command ended, after its subshell has. */
  private readonly toldTwice = new Set<Marked>()

  constructor(node: string, output: Socket, errors: Socket) {
    this.output = output
    this.errors = errors
    this.stdout = new Marked(output, node)
    this.stderr = new Marked(errors, node)
  }

  /**
   * Makes a loop of the shell at the other end, unless it is one, and greets it. Bytes sent before the guest opened its
   * port are lost, so this is done again until there is an answer.
   */
  async start(signal: AbortSignal): Promise<void> {
    const loop = commandLoop(randomBytes(6).toString('hex'))
    await this.greet(signal, `\n${loop}\n`)
  }

  /** Makes sure that a loop reads at the other end, and learns its tag. */
  async greet(signal: AbortSignal, before = ''): Promise<string> {
    const first = question()
    const answer = this.stdout.until(`:${first}`, signal)
    const ask = (): unknown => this.output.write(before + first)
    ask()
    const again = setInterval(ask, 500)
    const heard = await answer.finally(() => clearInterval(again))
    const [, session, tag = ''] = /(\d+):(\w+)$/.exec(heard.data.toString('latin1')) ?? []
    // Answers to repeated questions come before the answer to one that is asked once.
    const last = question()
    const rest = Promise.all([this.stdout.until(`:${last}`, signal), this.stderr.until(last, signal)])
    this.output.write(last)
    await rest
    this.toldTwice.clear()
    this.session = Number(session)
    this.tag = tag
    return tag
  }

  /** Runs a command in a subshell. Rejects with the signal's reason; the command is then still running. */
  async run(command: string, signal: AbortSignal, onOutput?: OnOutput): Promise<CommandResult> {
    const tag = this.tag ?? (await this.greet(signal))
    const started = performance.now()
    const ended = Promise.all([
      this.end(this.stdout, tag, signal, (data) => onOutput?.('stdout', data)),
      this.end(this.stderr, tag, signal, (data) => onOutput?.('stderr', data)),
    ])
    this.output.write(framed(command))
    const [out, err] = await ended
    const duration = performance.now() - started
    return { command, exitCode: out.status, stdout: out.data, stderr: err.data, duration }
  }

  /** What a command writes to a stream, and its exit status. */
  private async end(
    stream: Marked,
    tag: string,
    signal: AbortSignal,
    onData: (data: Buffer) => void,
  ): Promise<{ data: Buffer; status: number }> {
    await this.hearAgain(stream, tag, signal)
    const { data } = await stream.until(`#${tag}#`, signal, onData)
    const end = (await stream.until('\n', signal)).data.toString('latin1')
    if (end.startsWith(':')) this.toldTwice.add(stream)
    return { data, status: Number(end.slice(1)) }
  }

  /** What the loop still says about the last command. */
  private async hearAgain(stream: Marked, tag: string, signal: AbortSignal): Promise<void> {
    if (!this.toldTwice.delete(stream)) return
    await stream.until(`#${tag}#`, signal)
    await stream.until('\n', signal)
  }

  /** The stream to the shell, for whoever wants to talk to it without framing; `run` must not be called any more. */
  async release(signal: AbortSignal): Promise<Socket> {
    await this.hearAgain(this.stdout, this.tag ?? '', signal)
    this.output.removeAllListeners('data')
    return this.output
  }

  close(): void {
    this.output.destroy()
    this.errors.destroy()
  }
}

// Unlike the words of a command, it can lose its beginning without swallowing the next one.
const question = (): string => `?${randomBytes(6).toString('hex')}\n`

// read(1) takes a byte at a time, so that it leaves the next line alone.
const longestLine = 2000

/** What makes the loop run a command, whatever the command holds. */
function framed(command: string): string {
  if (command.length <= longestLine && !/^[?#]|\n/.test(command)) return `${command}\n`
  return `#${Buffer.byteLength(command)}\n${command}`
}
