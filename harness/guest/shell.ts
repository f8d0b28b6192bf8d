import { StackrigError } from '../errors/index.js'
import { humanDuration, milliseconds, type Duration } from '../duration.js'
import { lastLines } from './console.js'
import type { CommandResult, OnOutput, ShellChannel } from './shell-channel.js'

export interface RunOptions {
  /** Default 120 s: generous, because under TCG starting a program costs a tenth of a second. */
  timeout?: Duration
  signal?: AbortSignal | undefined
  onOutput?: OnOutput
}

/**
 * The command channel into a node: several commands at a time, with separate output streams and an exit status.
 * One channel runs no commands of others: it ends theirs, also when all of them hang.
 */
export class Shell {
  private readonly node: string
  private readonly idle: ShellChannel[]
  private readonly ender: ShellChannel
  private ending: Promise<unknown> = Promise.resolve()
  private readonly waiting: ((channel: ShellChannel) => void)[] = []
  private readonly all: ShellChannel[]
  private readonly signal: AbortSignal

  constructor(node: string, channels: ShellChannel[], signal: AbortSignal) {
    const [ender, ...others] = channels
    if (!ender || others.length === 0) throw new TypeError('a shell needs two channels')
    this.node = node
    this.all = channels
    this.ender = ender
    this.idle = others
    this.signal = signal
  }

  /**
   * Runs a command, whatever its exit status.
   * @throws StackrigError WAIT_TIMEOUT (the command is ended), SHELL_LOST; the reason of the signals.
   */
  async execute(command: string, options: RunOptions = {}): Promise<CommandResult> {
    const timeout = milliseconds(options.timeout ?? '120s')
    const expired = AbortSignal.timeout(timeout)
    const signals = [this.signal, expired, ...(options.signal ? [options.signal] : [])]
    const signal = AbortSignal.any(signals)
    let output = ''
    let channel: ShellChannel | undefined
    try {
      channel = await this.take(signal)
      const result = await channel.run(command, signal, (stream, data) => {
        output = (output + data.toString()).slice(-4000)
        options.onOutput?.(stream, data)
      })
      this.give(channel)
      return result
    } catch (error) {
      if (channel) void this.free(channel)
      if (!expired.aborted || this.signal.aborted || options.signal?.aborted) throw error
      throw new StackrigError(
        'WAIT_TIMEOUT',
        `waited ${humanDuration(timeout)} for a command on ${this.node}`,
        {
          where: beginning(command),
          seen: lastLines(output, 15) || 'no output',
        },
      )
    }
  }

  /** Resolves when the shells of a booted node answer, on every channel. @throws StackrigError SHELL_LOST */
  async start(timeout: Duration): Promise<void> {
    await this.answers(timeout, (signal) => Promise.all(this.all.map((channel) => channel.start(signal))))
  }

  /**
   * Resolves when the shell of a forked node answers, on one channel; the others are greeted when they are needed.
   * @throws StackrigError SHELL_LOST
   */
  async answer(timeout: Duration = '120s'): Promise<void> {
    await this.answers(timeout, (signal) =>
      Promise.all(this.idle.slice(-1).map((channel) => channel.greet(signal))),
    )
  }

  /**
   * The same for a node that was saved while commands ran: a channel takes no command before it has answered, which those
   * do when what runs on them has ended.
   * @throws StackrigError SHELL_LOST when none answers.
   */
  async answerWhileBusy(timeout: Duration = '120s'): Promise<void> {
    const greeted = this.idle.splice(0).map(async (channel) => {
      await channel.greet(this.signal)
      this.give(channel)
    })
    await this.answers(timeout, async (signal) => {
      const late = new Promise<never>((_, reject) =>
        signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true }),
      )
      await Promise.race([Promise.any([...greeted, this.ender.greet(signal)]), late])
    })
    for (const one of greeted) one.catch(() => undefined)
  }

  private async answers(
    timeout: Duration,
    greeting: (signal: AbortSignal) => Promise<unknown>,
  ): Promise<void> {
    const late = new AbortController()
    const timer = setTimeout(() => {
      const next = 'its console log tells whether /dev/virtio-ports is there (module virtio_console)'
      late.abort(new StackrigError('SHELL_LOST', `the shells of node ${this.node} must answer`, { next }))
    }, milliseconds(timeout))
    try {
      await greeting(AbortSignal.any([this.signal, late.signal]))
    } finally {
      clearTimeout(timer)
    }
  }

  close(): void {
    for (const channel of this.all) channel.close()
  }

  private take(signal: AbortSignal): Promise<ShellChannel> {
    signal.throwIfAborted()
    const channel = this.idle.pop()
    if (channel) return Promise.resolve(channel)
    return new Promise((resolve, reject) => {
      const stop = (): void => {
        this.waiting.splice(this.waiting.indexOf(taken), 1)
        reject(signal.reason as Error)
      }
      const taken = (free: ShellChannel): void => {
        signal.removeEventListener('abort', stop)
        resolve(free)
      }
      this.waiting.push(taken)
      signal.addEventListener('abort', stop, { once: true })
    })
  }

  private give(channel: ShellChannel): void {
    const next = this.waiting.shift()
    if (next) next(channel)
    else this.idle.push(channel)
  }

  /** Ends what still runs on a channel; its loop then starts a new shell. */
  private async free(channel: ShellChannel): Promise<void> {
    if (this.signal.aborted) return
    try {
      if (channel.session !== undefined) {
        const kill = endSession(channel.session)
        const turn = this.ending.then(() => this.ender.run(kill, this.signal))
        this.ending = turn.catch(() => undefined)
        await turn
      }
      await channel.start(this.signal)
      this.give(channel)
    } catch {
      // The node is gone; whoever uses it next learns why from its signal.
    }
  }
}

/** What tells a command from others: the whole of it may be a file that is written, with a password in it. */
function beginning(command: string): string {
  const shown = command.split('\n', 1).join('').slice(0, 200)
  return shown === command ? command : `${shown} ...`
}

/** The command that ends everything that runs on a channel. */
export function endSession(session: number): string {
  // Busybox has no pkill in some builds; the process group is the whole session, but for what left it.
  return `pkill -KILL -s ${session} 2>/dev/null; kill -KILL -${session}`
}
