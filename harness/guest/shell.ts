import { addAbortListener } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { humanDuration, milliseconds, type Duration } from '../duration.js'
import { messageOf, StackrigError } from '../errors/index.js'
import { logger } from '../log.js'
import { endsWithin, rejection, withTimeLimit } from '../time-limit.js'
import { BoundedOutput } from './bounded-output.js'
import { lastLines } from './plain-text.js'
import type { CommandResult, Conversation, OnOutput, ShellChannel } from './shell-channel.js'

const log = logger('shell')

export interface RunOptions {
  /** Default 120 s: generous, because under TCG starting a program costs a tenth of a second. */
  timeout?: Duration | 'none'
  signal?: AbortSignal | undefined
  onOutput?: OnOutput
  /**
   * Bytes of standard output, and as many of standard error, that the result keeps; default 16 MiB. Of more it has the
   * first half and the last half, and says how much is missing (CommandResult.leftOut). `onOutput` gets all of it.
   */
  outputLimit?: number
}

/** What ends commands that hang on other channels; a channel is one. */
export interface Ender {
  run(command: string, signal: AbortSignal): Promise<unknown>
  start(signal: AbortSignal): Promise<void>
  startWhileBusy(signal: AbortSignal): Promise<void>
  close(): void
}

/** Where a shell has its channels from when all that it has are busy. */
export interface MoreChannels {
  /**
   * One that runs commands of nobody else from now on; undefined when there is none left, but some were given already.
   * @throws StackrigError NODE_HELD, SHELL_LOST
   */
  take(): Promise<ShellChannel | undefined>
  /** Gives all of them back. */
  close(): void
}

/** What commands run on. */
export interface ShellChannels {
  ender: Ender
  work: readonly ShellChannel[]
  more?: MoreChannels
}

/**
 * The command channel into a node: several commands at a time, with separate output streams and an exit status.
 * One channel runs no commands of others: it ends theirs, also when all of them hang.
 */
export class Shell {
  readonly #node: string
  readonly #idle: ShellChannel[]
  readonly #ender: Ender
  readonly #more: MoreChannels | undefined
  /** Channels on which something is being ended. */
  readonly #freeing = new Set<Promise<void>>()
  #ending: Promise<unknown> = Promise.resolve()
  /** Ends what runs on a channel that nobody else needed (`follow`). */
  #follower: AbortController | undefined
  readonly #waiting: ((channel: ShellChannel) => void)[] = []
  readonly #all: readonly (ShellChannel | Ender)[]
  #isClosed = false
  readonly #signal: AbortSignal

  constructor(node: string, { ender, work, more }: ShellChannels, signal: AbortSignal) {
    this.#node = node
    this.#all = [ender, ...work]
    this.#ender = ender
    this.#idle = [...work]
    this.#more = more
    this.#signal = signal
  }

  /**
   * Runs a command, whatever its exit status.
   * @throws StackrigError WAIT_TIMEOUT (the command is ended), SHELL_LOST; the reason of the signals.
   */
  async execute(command: string, options: RunOptions = {}): Promise<CommandResult> {
    const { timeout = '120s' } = options
    const limit = timeout === 'none' ? 0 : milliseconds(timeout)
    const expired = timeout === 'none' ? new AbortController().signal : AbortSignal.timeout(limit)
    const signals = [this.#signal, expired, ...(options.signal ? [options.signal] : [])]
    const signal = AbortSignal.any(signals)
    const output = new BoundedOutput(8000)
    let channel: ShellChannel | undefined
    try {
      channel = await this.#take(signal)
      const onOutput: OnOutput = (stream, data) => {
        output.add(data)
        return options.onOutput?.(stream, data)
      }
      const result = await channel.run(command, signal, onOutput, options.outputLimit)
      this.#give(channel)
      return result
    } catch (error) {
      if (channel) this.#free(channel)
      if (!expired.aborted || this.#signal.aborted || options.signal?.aborted) throw error
      throw new StackrigError(
        'WAIT_TIMEOUT',
        `waited ${humanDuration(limit)} for a command on ${this.#node}`,
        {
          where: beginning(command),
          seen: lastLines(output.bytes().toString(), 15) || 'no output',
        },
      )
    }
  }

  /**
   * Runs a command that never ends, on a channel that nobody else needs: as soon as all others are taken, it is ended.
   * Resolves when it has ended, or was.
   * @throws StackrigError SHELL_LOST; the reason of the signals.
   */
  async follow(
    command: string,
    { signal, onOutput }: { signal: AbortSignal; onOutput: OnOutput },
  ): Promise<void> {
    // One remains for whoever comes next.
    if (this.#idle.length < 2) return
    const needed = new AbortController()
    const either = AbortSignal.any([this.#signal, signal, needed.signal])
    this.#follower = needed
    const channel = await this.#take(either)
    try {
      await channel.run(command, either, onOutput, 2)
      this.#give(channel)
    } catch (error) {
      this.#free(channel)
      if (!needed.signal.aborted) throw error
    } finally {
      this.#follower = undefined
    }
  }

  /**
   * Begins a command that talks with a person, on a channel that runs nothing else from then on.
   * @throws StackrigError SHELL_LOST, NODE_HELD; the reason of the signals.
   */
  async converse(command: string, signal: AbortSignal): Promise<Conversation> {
    const channel = await this.#take(AbortSignal.any([this.#signal, signal]))
    try {
      return await this.#within(beginningTime, (either) => channel.converse(command, either), signal)
    } catch (error) {
      this.#free(channel)
      throw error
    }
  }

  /** Resolves when the shells of a booted node answer, on every channel. @throws StackrigError SHELL_LOST */
  async start(timeout: Duration): Promise<void> {
    await this.#within(milliseconds(timeout), (signal) =>
      Promise.all(this.#all.map((channel) => channel.start(signal))),
    )
  }

  /**
   * Resolves when the shell of a forked node answers, on one channel; the others are greeted when they are needed.
   * @throws StackrigError SHELL_LOST
   */
  async answer(timeout: Duration = '120s'): Promise<void> {
    await this.#within(milliseconds(timeout), (signal) =>
      Promise.all(this.#idle.slice(-1).map((channel) => channel.greet(signal))),
    )
  }

  /**
   * The same for a node that was saved while commands ran: a channel takes no command before it has answered, which those
   * do when what runs on them has ended.
   * @throws StackrigError SHELL_LOST when none answers.
   */
  async answerWhileBusy(timeout: Duration = '120s'): Promise<void> {
    const greeted = this.#idle.splice(0).map(async (channel) => {
      await channel.startWhileBusy(this.#signal)
      this.#give(channel)
    })
    await this.#within(milliseconds(timeout), (signal) =>
      Promise.race([Promise.any([...greeted, this.#ender.startWhileBusy(signal)]), rejection(signal)]),
    )
  }

  /** @param timeout ms. @throws StackrigError SHELL_LOST after that time; the reason of the signals. */
  #within<T>(
    timeout: number,
    talk: (signal: AbortSignal) => Promise<T>,
    ...signals: AbortSignal[]
  ): Promise<T> {
    const late = (): Error =>
      new StackrigError('SHELL_LOST', `the shells of node ${this.#node} must answer`, {
        next: 'its console log tells whether /dev/virtio-ports is there (module virtio_console)',
      })
    return withTimeLimit({ timeout, late, signals: [this.#signal, ...signals] }, talk)
  }

  close(): void {
    this.#isClosed = true
    for (const channel of this.#all) channel.close()
    this.#more?.close()
  }

  /** The same when commands that were given up have ended on the node, at the latest after half a minute. */
  async letGo(): Promise<void> {
    await endsWithin(30_000, Promise.all(this.#freeing))
    this.close()
  }

  /**
   * A channel that only the command will write to. One that a process left in the background writes to waits until that
   * has ended; when no other is free, the process is ended.
   */
  async #take(signal: AbortSignal): Promise<ShellChannel> {
    const looked = new Set<ShellChannel>()
    for (;;) {
      signal.throwIfAborted()
      const channel = this.#idle.pop() ?? (await this.#another(signal)) ?? (await this.#turn(signal))
      if (await this.#ready(channel, signal)) return channel
      if (this.#idle.length > 0 && !looked.has(channel)) {
        looked.add(channel)
        this.#idle.unshift(channel)
      } else {
        log('%s: ends processes %s: they write to a channel that is needed', this.#node, channel.holders)
        this.#free(channel)
      }
    }
  }

  async #ready(channel: ShellChannel, signal: AbortSignal): Promise<boolean> {
    try {
      return await channel.ready(signal)
    } catch (error) {
      this.#free(channel)
      throw error
    }
  }

  /** One that this process did not have yet; whoever waits for it may be given up before it comes. */
  #another(signal: AbortSignal): Promise<ShellChannel | undefined> {
    if (!this.#more) return Promise.resolve(undefined)
    const coming = this.#more.take()
    return new Promise((resolve, reject) => {
      const listener = addAbortListener(signal, () => {
        reject(signal.reason as Error)
        coming.then((channel) => channel && this.#give(channel)).catch(() => undefined)
      })
      coming.then(resolve, reject).finally(() => listener[Symbol.dispose]())
    })
  }

  #turn(signal: AbortSignal): Promise<ShellChannel> {
    return new Promise((resolve, reject) => {
      const listener = addAbortListener(signal, () => {
        this.#waiting.splice(this.#waiting.indexOf(taken), 1)
        reject(signal.reason as Error)
      })
      const taken = (free: ShellChannel): void => {
        listener[Symbol.dispose]()
        resolve(free)
      }
      this.#waiting.push(taken)
      this.#follower?.abort(new Error('its channel is needed'))
    })
  }

  #give(channel: ShellChannel): void {
    const next = this.#waiting.shift()
    if (next) next(channel)
    else this.#idle.push(channel)
  }

  /** Ends what still runs on a channel; its loop then starts a new shell. */
  #free(channel: ShellChannel): void {
    const freed = this.#endAndStart(channel).finally(() => this.#freeing.delete(freed))
    this.#freeing.add(freed)
  }

  /** Tried until the node is gone: it may stand still. */
  async #endAndStart(channel: ShellChannel): Promise<void> {
    const { ending } = channel
    while (!this.#signal.aborted && !this.#isClosed) {
      try {
        const turn = this.#ending.then(() => this.#end(ending))
        this.#ending = turn.catch(() => undefined)
        await turn
        await this.#within(resetTimeout, (signal) => channel.start(signal))
        this.#give(channel)
        return
      } catch (error) {
        log('%s: a channel could not be started anew yet: %s', this.#node, messageOf(error))
        await delay(1000, undefined, { signal: this.#signal, ref: false }).catch(() => undefined)
      }
    }
  }

  async #end(ending: string | undefined): Promise<void> {
    if (ending === undefined) return
    await this.#within(resetTimeout, async (signal) => {
      try {
        await this.#ender.run(ending, signal)
      } catch (error) {
        await this.#ender.start(signal)
        throw error
      }
    })
  }
}

// ms; under TCG beside others, what ends a channel has taken seconds.
const resetTimeout = 60_000

/** How long a loop that has just answered may take to begin a command, ms. */
const beginningTime = 60_000

/** What tells a command from others: the whole of it may be a file that is written, with a password in it. */
function beginning(command: string): string {
  const shown = command.split('\n', 1).join('').slice(0, 200)
  return shown === command ? command : `${shown} ...`
}
