import type { Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { milliseconds, type Duration } from '../duration.js'
import { StackrigError } from '../errors/index.js'
import { logger, reached } from '../log.js'
import { connectWhenListening } from './connect.js'
import { onLines } from './line-stream.js'

const log = logger('qmp')

/** More than QEMU ever says in one line, bytes: its longest answer, query-qmp-schema, has about 200 kB. */
const longestLine = 8 * 1024 ** 2

/** Something QEMU told unasked; see QEMU's docs, "QMP Reference Manual", Events. */
export interface QmpEvent {
  event: string
  data?: unknown
}

interface Answer {
  resolve: (value: unknown) => void
  reject: (error: Error) => void
}

interface Message {
  id?: unknown
  return?: unknown
  error?: { desc?: unknown }
  event?: unknown
  data?: unknown
}

/** What QEMU is told and asked by. */
export interface QmpClient {
  execute<T = unknown>(command: string, args?: object, options?: { timeout?: Duration }): Promise<T>
  onEvent(listener: (event: QmpEvent) => void): () => void
  close(): void
}

/** A connection to QEMU's machine protocol (QEMU docs, "QEMU Machine Protocol Specification"). */
export class Qmp implements QmpClient {
  readonly #socket: Socket
  readonly #name: string
  readonly #answers = new Map<number, Answer>()
  readonly #listeners = new Set<(event: QmpEvent) => void>()
  #nextId = 1
  /** Why there are no more answers. */
  #gone: Error | undefined

  private constructor(socket: Socket, name: string, signal: AbortSignal) {
    this.#socket = socket
    this.#name = name
    onLines(socket, longestLine, {
      line: (line) => this.#take(line),
      tooLong: () => this.#fail(`a line of more than ${longestLine} bytes`),
    })
    socket.on('error', () => undefined)
    socket.on('close', () => void this.#giveUp(signal))
  }

  /**
   * Connects as soon as QEMU listens, and negotiates.
   * @throws StackrigError QMP_FAILED when it does not in time; the signal's reason when QEMU ended before.
   */
  static async connect(path: string, name: string, signal: AbortSignal): Promise<Qmp> {
    const qmp = new Qmp(await connectWhenListening(path, signal), name, signal)
    reached(name, 'QEMU listens')
    await qmp.execute('qmp_capabilities')
    reached(name, 'QEMU obeys')
    return qmp
  }

  /**
   * Runs a command.
   * @param options.timeout after which it counts as failed; default 60 s.
   * @throws StackrigError QMP_FAILED with QEMU's own words, QEMU_DIED.
   */
  async execute<T = unknown>(
    command: string,
    args: object = {},
    { timeout = '60s' }: { timeout?: Duration } = {},
  ): Promise<T> {
    if (this.#gone) throw this.#gone
    const id = this.#nextId++
    log('%s > %s %o', this.#name, command, args)
    const answer = new Promise<unknown>((resolve, reject) => this.#answers.set(id, { resolve, reject }))
    const limit = milliseconds(timeout)
    const timer = setTimeout(() => {
      const late = new StackrigError(
        'QMP_FAILED',
        `QEMU of ${this.#name} did not answer ${command} in ${limit} ms`,
      )
      this.#answers.get(id)?.reject(late)
    }, limit)
    try {
      this.#socket.write(JSON.stringify({ execute: command, arguments: args, id }) + '\n')
      return (await answer) as T
    } finally {
      clearTimeout(timer)
      this.#answers.delete(id)
    }
  }

  /** Tells of every event until the returned function is called. */
  onEvent(listener: (event: QmpEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  close(): void {
    this.#socket.destroy()
  }

  /** QEMU's end, with its last words, is told a moment after its connections have closed. */
  async #giveUp(signal: AbortSignal): Promise<void> {
    if (this.#gone) return
    if (!signal.aborted) await delay(30_000, undefined, { signal, ref: false }).catch(() => undefined)
    this.#end(
      signal.aborted
        ? (signal.reason as Error)
        : new StackrigError('QEMU_DIED', `QEMU of ${this.#name} closed its QMP connection`),
    )
  }

  /** What follows on words that make no sense would make none either. */
  #fail(seen: string): void {
    const wanted = `QEMU of ${this.#name} must speak its machine protocol`
    this.#end(new StackrigError('QMP_FAILED', wanted, { seen }))
    this.#socket.destroy()
  }

  #end(reason: Error): void {
    this.#gone ??= reason
    for (const { reject } of this.#answers.values()) reject(this.#gone)
    this.#answers.clear()
  }

  #take(line: string): void {
    if (this.#gone) return
    const message = parse(line)
    if (message === undefined) {
      this.#fail(line.slice(0, 200))
      return
    }
    const { event, data, id, error } = message
    if (typeof event === 'string') {
      log('%s ! %s %o', this.#name, event, data)
      for (const listener of this.#listeners) listener({ event, data })
    }
    const answer = typeof id === 'number' ? this.#answers.get(id) : undefined
    if (error) {
      const seen = String(error.desc)
      answer?.reject(new StackrigError('QMP_FAILED', `QEMU of ${this.#name} refused a command`, { seen }))
    } else answer?.resolve(message.return)
  }
}

function parse(line: string): Message | undefined {
  try {
    const message: unknown = JSON.parse(line)
    return typeof message === 'object' && message !== null ? message : undefined
  } catch {
    return undefined
  }
}
