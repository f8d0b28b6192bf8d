import type { Socket } from 'node:net'
import { join } from 'node:path'
import { StackrigError } from '../errors/index.js'
import { held, HeldLock } from '../held-lock.js'
import { logger } from '../log.js'
import { connectWhenListening, portSocket } from '../qemu/index.js'
import { withTimeLimit } from '../time-limit.js'
import { endSession } from './end-session.js'
import { ShellChannel } from './shell-channel.js'
import type { Ender, MoreChannels } from './shell.js'
import { channels, errorPort, outputPort } from './shell-loop.js'

const log = logger('shell')

/** How long a channel may take to answer before what is on it is ended: one that was left, any other; and altogether, ms. */
const leftTime = 3000
const answerTime = 10_000
const openingTime = 180_000
/** How long others may take to end something, ms. */
const endingTime = 120_000

interface Place {
  node: string
  /** Where the sockets of the node's ports lie. */
  folder: string
  /** Aborted when the node is gone. */
  signal: AbortSignal
}

/**
 * The channels of a node whose sockets several processes use: those for commands belong to one process each, as long as it
 * likes, the one that ends others to whoever needs it just now. Locks say who has which; they are free when their process has
 * ended, however it ended, and what it left on a channel is ended then.
 */
export class LentChannels implements MoreChannels {
  readonly ender: Ender
  readonly #place: Place
  readonly #taken = new Map<number, { lock: HeldLock; channel: ShellChannel }>()
  /** The last that is being taken: each looks for those that the one before it has left. */
  #taking: Promise<unknown> = Promise.resolve()

  constructor(place: Place) {
    this.#place = place
    this.ender = new SharedEnder(place)
  }

  take(): Promise<ShellChannel | undefined> {
    const taken = this.#taking.then(() => this.#next())
    this.#taking = taken.catch(() => undefined)
    return taken
  }

  async #next(): Promise<ShellChannel | undefined> {
    const { node } = this.#place
    // The first is the one that ends others.
    const others = Array.from({ length: channels - 1 }, (_, n) => n + 1).filter((n) => !this.#taken.has(n))
    for (const number of others) {
      const lock = await HeldLock.tryTake(lockOf(this.#place, number))
      if (!lock) continue
      try {
        const channel = await this.#open(number, lock.wasLeft)
        this.#taken.set(number, { lock, channel })
        return channel
      } catch (error) {
        await lock.giveBack(false)
        throw error
      }
    }
    if (this.#taken.size > 0) return undefined
    throw held(
      `one of the ${channels - 1} channels of node ${node}`,
      others.map((number) => lockOf(this.#place, number)),
    )
  }

  async #open(number: number, wasLeft: boolean): Promise<ShellChannel> {
    const { node, signal } = this.#place
    const late = (): Error =>
      new StackrigError('SHELL_LOST', `the shell of node ${node} must answer`, {
        next: `npx stackrig console ${node} shows how it is`,
      })
    return await withTimeLimit({ timeout: openingTime, late, signals: [signal] }, async (signal) => {
      const channel = await connectChannel(this.#place, number, signal)
      try {
        if (!(await answers(channel, wasLeft ? leftTime : answerTime, signal))) {
          log('%s: ends what is on channel %d: it does not answer', node, number)
          await this.ender.run(endPorts(number), signal)
          await channel.start(signal)
        }
        return channel
      } catch (error) {
        channel.close()
        throw error
      }
    })
  }

  close(): void {
    for (const { lock, channel } of this.#taken.values()) {
      const { isQuiet } = channel
      channel.close()
      void lock.giveBack(isQuiet)
    }
    this.#taken.clear()
  }
}

/** Whether a channel answers in time, ms: not while a command runs on it, or holds its ports in the background. */
async function answers(channel: ShellChannel, timeout: number, signal: AbortSignal): Promise<boolean> {
  const noAnswer = new Error('no answer')
  try {
    await withTimeLimit({ timeout, late: () => noAnswer, signals: [signal] }, (either) =>
      channel.start(either),
    )
    return true
  } catch (error) {
    if (error !== noAnswer) throw error
    return false
  }
}

/** What runs on a channel, by its ports alone: whoever began it is gone, and with it the number of its session. */
const endPorts = (number: number): string =>
  endSession(
    0,
    [outputPort(number), errorPort(number)].map((port) => `/dev/virtio-ports/${port}`),
  )

/** The channel that ends others, for as long as one command takes: every process needs it now and then, none for long. */
class SharedEnder implements Ender {
  readonly #place: Place

  constructor(place: Place) {
    this.#place = place
  }

  async run(command: string, signal: AbortSignal): Promise<void> {
    const what = `the channel of node ${this.#place.node} that ends commands`
    const lock = await HeldLock.take(lockOf(this.#place, 0), what, { timeout: endingTime, signal })
    try {
      const channel = await connectChannel(this.#place, 0, signal)
      try {
        await channel.start(signal)
        await channel.run(command, signal)
      } finally {
        channel.close()
      }
    } finally {
      await lock.giveBack()
    }
  }

  async start(): Promise<void> {
    // It is opened anew for each command.
  }

  async startWhileBusy(): Promise<void> {
    // It is opened when it is needed.
  }

  close(): void {
    // It is not open.
  }
}

const lockOf = ({ folder, node }: Place, number: number): string =>
  join(folder, `${portSocket(node, outputPort(number))}.lock`)

async function connectChannel(
  { node, folder }: Place,
  n: number,
  signal: AbortSignal,
): Promise<ShellChannel> {
  const connect = (port: string): Promise<Socket> =>
    connectWhenListening(join(folder, portSocket(node, port)), signal)
  const output = await connect(outputPort(n))
  try {
    return new ShellChannel(node, output, await connect(errorPort(n)))
  } catch (error) {
    output.destroy()
    throw error
  }
}
