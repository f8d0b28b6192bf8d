import { createConnection, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import pRetry from 'p-retry'
import { StackrigError } from '../errors/index.js'
import { logger } from '../log.js'

const log = logger('qmp')

/** Something QEMU told unasked; see QEMU's docs, "QMP Reference Manual", Events. */
export interface QmpEvent {
  event: string
  data?: unknown
}

interface Answer {
  resolve: (value: unknown) => void
  reject: (error: Error) => void
}

/** A connection to QEMU's machine protocol (QEMU docs, "QEMU Machine Protocol Specification"). */
export class Qmp {
  private readonly socket: Socket
  private readonly name: string
  private readonly answers = new Map<number, Answer>()
  private readonly listeners = new Set<(event: QmpEvent) => void>()
  private nextId = 1
  /** Why there are no more answers. */
  private gone: Error | undefined

  private constructor(socket: Socket, name: string, signal: AbortSignal) {
    this.socket = socket
    this.name = name
    // readline tells of its stream's errors again, as its own.
    createInterface({ input: socket })
      .on('line', (line) => this.take(line))
      .on('error', () => undefined)
    socket.on('error', () => undefined)
    socket.on('close', () => void this.giveUp(signal))
  }

  /**
   * Connects as soon as QEMU listens, and negotiates.
   * @throws the signal's reason when QEMU ended before.
   */
  static async connect(path: string, name: string, signal: AbortSignal): Promise<Qmp> {
    const qmp = new Qmp(await connectWhenListening(path, signal), name, signal)
    await qmp.execute('qmp_capabilities')
    return qmp
  }

  /**
   * Runs a command.
   * @param options.timeout ms after which it counts as failed; default 60 s.
   * @throws StackrigError QMP_FAILED with QEMU's own words, QEMU_DIED.
   */
  async execute<T = unknown>(command: string, args: object = {}, { timeout = 60_000 } = {}): Promise<T> {
    if (this.gone) throw this.gone
    const id = this.nextId++
    log('%s > %s %o', this.name, command, args)
    const answer = new Promise<unknown>((resolve, reject) => this.answers.set(id, { resolve, reject }))
    const timer = setTimeout(() => {
      const late = new StackrigError(
        'QMP_FAILED',
        `QEMU of ${this.name} did not answer ${command} in ${timeout} ms`,
      )
      this.answers.get(id)?.reject(late)
    }, timeout)
    try {
      this.socket.write(JSON.stringify({ execute: command, arguments: args, id }) + '\n')
      return (await answer) as T
    } finally {
      clearTimeout(timer)
      this.answers.delete(id)
    }
  }

  /** Tells of every event until the returned function is called. */
  onEvent(listener: (event: QmpEvent) => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  close(): void {
    this.socket.destroy()
  }

  /** QEMU's end, with its last words, is told a moment after its connections have closed. */
  private async giveUp(signal: AbortSignal): Promise<void> {
    if (!signal.aborted) await delay(30_000, undefined, { signal, ref: false }).catch(() => undefined)
    const gone = signal.aborted
      ? (signal.reason as Error)
      : new StackrigError('QEMU_DIED', `QEMU of ${this.name} closed its QMP connection`)
    this.gone = gone
    for (const { reject } of this.answers.values()) reject(gone)
    this.answers.clear()
  }

  private take(line: string): void {
    const message = JSON.parse(line) as {
      id?: number
      return?: unknown
      error?: { class: string; desc: string }
      event?: string
      data?: unknown
    }
    if (message.event !== undefined) {
      log('%s ! %s %o', this.name, message.event, message.data)
      for (const listener of this.listeners) listener({ event: message.event, data: message.data })
    }
    const answer = message.id === undefined ? undefined : this.answers.get(message.id)
    if (message.error) {
      answer?.reject(
        new StackrigError('QMP_FAILED', `QEMU of ${this.name} refused a command`, {
          seen: message.error.desc,
        }),
      )
    } else answer?.resolve(message.return)
  }
}

/** QEMU makes its sockets a moment after it starts; until then there is no file, or nobody behind it. */
export async function connectWhenListening(path: string, signal: AbortSignal): Promise<Socket> {
  const connect = (): Promise<Socket> =>
    new Promise((resolve, reject) => {
      const attempt = createConnection(path)
      attempt.once('connect', () => resolve(attempt))
      // Not once: QEMU may end before whoever asked has looked at the stream.
      attempt.on('error', reject)
    })
  return pRetry(connect, { retries: Number.POSITIVE_INFINITY, factor: 1, minTimeout: 5, signal })
}
