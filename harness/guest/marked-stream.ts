import { addAbortListener } from 'node:events'
import type { Socket } from 'node:net'
import { StackrigError } from '../errors/index.js'

/** Gets a piece of a stream. When it gives a promise, the sender is made to wait for that. */
export type Sink = (data: Buffer) => unknown

/** Bytes that are kept of a stream: then the sender waits for a reader that is slow; while there is none, what came first is dropped. */
const mostPending = 256 * 1024

/**
 * A byte stream that is read up to one mark after the other, by one reader at a time. What comes while nobody reads is of a process in
 * the background, which must not stand still because nobody cares for what it says; only the end is kept, where an answer may be
 * that somebody is about to read.
 */
export class MarkedStream {
  readonly #socket: Socket
  #pending: Buffer[] = []
  #size = 0
  #readers = 0
  #isReleased = false
  #closed: Error | undefined
  #wake: () => void = () => undefined

  readonly #take = (data: Buffer): void => {
    this.#pending.push(data)
    this.#size += data.length
    if (this.#size >= mostPending) {
      if (this.#readers > 0) this.#socket.pause()
      else this.#dropFirst()
    }
    this.#wake()
  }

  constructor(socket: Socket, node: string) {
    this.#socket = socket
    socket.on('data', this.#take)
    // One that another has released stands still.
    socket.resume()
    socket.on('error', () => undefined)
    socket.on('close', () => {
      this.#closed = new StackrigError('SHELL_LOST', `node ${node} must keep its shell open, but closed it`)
      this.#wake()
    })
  }

  /**
   * Reads up to the first of these marks, and says which it was. `sink` gets what comes before it, as it comes; without one
   * it is dropped.
   * @throws StackrigError SHELL_LOST; the signal's reason.
   */
  async until(marks: readonly string[], signal: AbortSignal, sink?: Sink): Promise<string> {
    return this.#reading(() => this.#until(marks, signal, sink))
  }

  /** A line that is no longer than it may be, without its end; undefined when it is. */
  async line(longest: number, signal: AbortSignal): Promise<string | undefined> {
    return this.#reading(() => this.#line(longest, signal))
  }

  /**
   * Leaves the socket to another reader, who gets what has come and was not read. It stands still until that reader lets it go
   * on (`resume`): what flows while nobody listens is lost, and so is what is given back to a stream that flows (Node 20:
   * `unshift` emits it at once).
   */
  release(): void {
    this.#isReleased = true
    this.#socket.pause()
    this.#socket.off('data', this.#take)
    for (const data of this.#pending.splice(0).toReversed()) this.#socket.unshift(data)
  }

  async #until(marks: readonly string[], signal: AbortSignal, sink?: Sink): Promise<string> {
    const wanted = marks.map((mark) => Buffer.from(mark, 'latin1'))
    let data: Buffer = Buffer.alloc(0)
    for (;;) {
      const next = await this.#next(signal)
      data = data.length === 0 ? next : Buffer.concat([data, next])
      const found = first(data, wanted)
      // A mark may be cut in two by the transport: kept back is what could be its beginning, and nothing else.
      const end = found?.at ?? data.length - unfinished(data, wanted)
      if (found) this.#giveBack(data.subarray(found.at + found.length))
      const taken = end > 0 ? sink?.(data.subarray(0, end)) : undefined
      if (taken instanceof Promise) await orAborted(taken, signal)
      if (found) return marks[found.which] ?? ''
      data = data.subarray(end)
    }
  }

  async #line(longest: number, signal: AbortSignal): Promise<string | undefined> {
    let text = ''
    for (;;) {
      const data = await this.#next(signal)
      const end = data.indexOf('\n')
      text += data.toString(
        'latin1',
        0,
        end === -1 ? Math.min(data.length, longest + 1) : Math.min(end, longest + 1),
      )
      if (end !== -1) this.#giveBack(data.subarray(end + 1))
      if (text.length > longest) return undefined
      if (end !== -1) return text
    }
  }

  async #reading<T>(read: () => Promise<T>): Promise<T> {
    this.#readers += 1
    try {
      return await read()
    } finally {
      this.#readers -= 1
      // Whoever reads on, as from a command's begin to its end, does so at once.
      if (this.#socket.isPaused()) setImmediate(() => this.#letGoOn())
    }
  }

  #letGoOn(): void {
    if (this.#readers > 0 || this.#isReleased) return
    this.#dropFirst()
    this.#socket.resume()
  }

  #dropFirst(): void {
    while (this.#size >= mostPending) this.#size -= this.#pending.shift()?.length ?? 0
  }

  #giveBack(data: Buffer): void {
    if (data.length === 0) return
    this.#pending.unshift(data)
    this.#size += data.length
  }

  async #next(signal: AbortSignal): Promise<Buffer> {
    while (this.#pending.length === 0) {
      signal.throwIfAborted()
      if (this.#closed) throw this.#closed
      await new Promise<void>((resolve) => {
        const listener = addAbortListener(signal, () => resolve())
        this.#wake = () => {
          listener[Symbol.dispose]()
          resolve()
        }
      })
    }
    signal.throwIfAborted()
    const [data = Buffer.alloc(0)] = this.#pending.splice(0, 1)
    this.#size -= data.length
    if (this.#size < mostPending && this.#socket.isPaused()) this.#socket.resume()
    return data
  }
}

async function orAborted(work: Promise<unknown>, signal: AbortSignal): Promise<void> {
  let listener: Disposable | undefined
  const aborted = new Promise<void>((resolve) => {
    listener = addAbortListener(signal, () => resolve())
  })
  await Promise.race([work, aborted]).finally(() => listener?.[Symbol.dispose]())
  signal.throwIfAborted()
}

function first(data: Buffer, wanted: Buffer[]): { at: number; length: number; which: number } | undefined {
  return wanted
    .map((mark, which) => ({ at: data.indexOf(mark), length: mark.length, which }))
    .filter(({ at }) => at !== -1)
    .toSorted((one, other) => one.at - other.at)[0]
}

/** How many of the last bytes could be the beginning of a mark. */
function unfinished(data: Buffer, wanted: Buffer[]): number {
  return Math.max(...wanted.map((mark) => beginning(data, mark)))
}

function beginning(data: Buffer, mark: Buffer): number {
  for (let length = Math.min(data.length, mark.length - 1); length > 0; length--) {
    if (data.subarray(data.length - length).equals(mark.subarray(0, length))) return length
  }
  return 0
}
