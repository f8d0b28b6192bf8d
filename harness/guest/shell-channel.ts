import { randomBytes } from 'node:crypto'
import type { Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { StackrigError } from '../errors/index.js'
import { endsWithin } from '../time-limit.js'
import { BoundedOutput } from './bounded-output.js'
import { endSession } from './end-session.js'
import { MarkedStream } from './marked-stream.js'
import { commandLoop } from './shell-loop.js'

/** What a command did. */
export interface CommandResult {
  command: string
  /** 0 to 255; 128 and the signal's number when a signal ended it. */
  exitCode: number
  /** Not more than the limit (RunOptions.outputLimit): the first half and the last half of what was longer. */
  stdout: Buffer
  stderr: Buffer
  /** How many bytes are missing in the middle of each; a line there says so too. Zero but for very long output. */
  leftOut: { stdout: number; stderr: number }
  /** As seen from outside, ms. */
  duration: number
}

/**
 * Gets standard output and standard error piece by piece, while the command runs. When it gives a promise, the command
 * is made to wait for that.
 */
export type OnOutput = (stream: 'stdout' | 'stderr', data: Buffer) => unknown

/** A command that talks with a person. */
export interface Conversation {
  /** What the command says and is told. It stands still until whoever reads it lets it go on (`resume`). */
  stream: Socket
  /** To be called when the command has said that it ends: otherwise it is ended before another uses its channel. */
  ended: () => void
}

/** What a loop says of itself. */
interface Answer {
  session: number
  status: number
  holders: number[]
  ports: string[]
}

type End = { by: 'command'; status: number } | { by: 'answer'; answer: Answer | undefined }

/**
 * One shell on one pair of ports: runs one command at a time.
 *
 * Each command has marks of its own, made here when it is sent: what lies outside them is dropped. After it a question is
 * sent, which can be answered only when the command has ended; before the answer no other command is sent. A result that
 * is not in this form is an error, after which the channel must be started anew.
 */
export class ShellChannel {
  readonly #node: string
  readonly #output: Socket
  readonly #errors: Socket
  readonly #stdout: MarkedStream
  readonly #stderr: MarkedStream
  /** The answer to the last question; undefined before the first, and when a command did not end in order. */
  #settled: Promise<Answer> | undefined
  #answer: Answer | undefined
  /** What talked with a person has ended, and was the last command. */
  #isOver = false
  #listening = new AbortController()
  /** Holders that were waited for already. */
  #lasting: ReadonlySet<number> = new Set()

  constructor(node: string, output: Socket, errors: Socket) {
    this.#node = node
    this.#output = output
    this.#errors = errors
    this.#stdout = new MarkedStream(output, node)
    this.#stderr = new MarkedStream(errors, node)
  }

  /** The process that every command of this channel descends from; undefined before it was heard of. */
  get session(): number | undefined {
    return this.#answer?.session
  }

  /** Processes that an earlier command left behind and that write to this channel, by their ids. */
  get holders(): readonly number[] {
    return this.#answer?.holders ?? []
  }

  /** The command that ends what runs on this channel, for another channel of the node; undefined when nothing does. */
  get ending(): string | undefined {
    return this.#answer && endSession(this.#answer.session, this.#answer.ports)
  }

  /** Whether nothing of a command is under way. */
  get isQuiet(): boolean {
    return this.#isOver || this.#settled !== undefined
  }

  /**
   * Makes a loop of the shell at the other end, unless it is one, and greets it. Bytes sent before the guest opened its
   * port are lost, so this is done again until there is an answer.
   */
  async start(signal: AbortSignal): Promise<void> {
    await this.#greet(signal, makeLoop)
  }

  /**
   * The same at a node that was saved while a command ran, or while nobody held its ports: then its loops had ended. What is sent lies
   * before the guest until the command ends, so the loop, which is long, is sent seldom.
   */
  async startWhileBusy(signal: AbortSignal): Promise<void> {
    await this.#greet(signal, (n) => (n % 10 === 1 ? makeLoop() : ''))
  }

  /** Makes sure that a loop reads at the other end. */
  async greet(signal: AbortSignal): Promise<void> {
    await this.#greet(signal)
  }

  /**
   * Resolves when the channel can take a command: true, unless a process that an earlier one left behind writes to it. A
   * process that was begun in the background may not have sent its output elsewhere yet: it gets a second for that.
   */
  async ready(signal: AbortSignal): Promise<boolean> {
    let answer = (await this.#settledSoon(signal)) ?? (await this.#greet(signal, makeLoop))
    if (answer.holders.length === 0) return true
    const until = performance.now() + settleTime
    for (;;) {
      const before = answer
      answer = await this.#greet(signal)
      // Twice: a process that begins another and ends at once is between the two for a moment.
      if (answer.holders.length === 0 && before.holders.length === 0) return true
      const isNew = answer.holders.some((pid) => !this.#lasting.has(pid))
      if (answer.holders.length > 0 && (!isNew || performance.now() > until)) break
      await delay(20, undefined, { signal })
    }
    this.#lasting = new Set(answer.holders)
    return false
  }

  /**
   * Runs a command in a subshell. Rejects with the signal's reason; the command is then still running, and `start` must
   * come before another.
   * @throws StackrigError SHELL_LOST when its end is not told in the right form, or another process writes to the channel; USAGE when it holds a NUL.
   */
  async run(
    command: string,
    signal: AbortSignal,
    onOutput?: OnOutput,
    outputLimit?: number,
  ): Promise<CommandResult> {
    if (command.includes('\0')) {
      throw new StackrigError('USAGE', 'a command must be text for a shell, without NUL bytes')
    }
    if (!(await this.ready(signal))) throw this.#taken()
    const { mark, frame } = framed(command)
    const question = `?${word()}`
    const ask = (): unknown => this.#output.write(`${question}\n`)
    const out = new BoundedOutput(outputLimit)
    const err = new BoundedOutput(outputLimit)
    const started = performance.now()
    this.#settled = undefined
    this.#output.write(frame)
    // busybox's head(1) reads more than it gives, so that what follows a long command must come later.
    const isLong = mark.startsWith('#')
    if (!isLong) ask()
    // The failure of one ends the other: it would go on reading what comes later.
    const failed = new AbortController()
    const either = AbortSignal.any([signal, failed.signal])
    const heard = (name: 'stdout' | 'stderr', output: BoundedOutput) => (data: Buffer) => {
      output.add(data)
      return onOutput?.(name, data)
    }
    const outBegins = this.#begin(this.#stdout, mark, `${question}:`, either).then(() => isLong && ask())
    const errBegins = this.#begin(this.#stderr, mark, `${question}\n`, either)
    const ends = [
      outBegins.then(() => this.#end(this.#stdout, mark, `${question}:`, either, heard('stdout', out))),
      errBegins.then(() => this.#end(this.#stderr, mark, `${question}\n`, either, heard('stderr', err))),
    ] as const
    for (const end of ends) end.catch((error: unknown) => failed.abort(error))
    await Promise.allSettled(ends)
    const [first, second] = [await ends[0], await ends[1]]
    const duration = performance.now() - started
    const exitCode = this.#statusOf(first, second, question)
    const leftOut = { stdout: out.leftOut, stderr: err.leftOut }
    return { command, exitCode, stdout: out.bytes(), stderr: err.bytes(), leftOut, duration }
  }

  /**
   * Begins a command that talks with a person: resolves with the stream to it, without framing. The command reads what is
   * written there by `<&1`, and has to say itself when it ends; `run` must not be called any more.
   * @throws StackrigError SHELL_LOST
   */
  async converse(command: string, signal: AbortSignal): Promise<Conversation> {
    if (!(await this.ready(signal))) throw this.#taken()
    const { mark, frame } = framed(command)
    this.#settled = undefined
    this.#output.write(frame)
    await this.#stdout.until([`<${mark}\n`], signal)
    this.#stdout.release()
    return {
      stream: this.#output,
      ended: () => {
        this.#isOver = true
      },
    }
  }

  close(): void {
    this.#listening.abort()
    this.#output.destroy()
    this.#errors.destroy()
  }

  /**
   * The answer to the question that followed the last command; undefined when it has not come yet. A command that ended
   * its loop took the question with it: the shell that came in the loop's place drops it, and has to be made a loop.
   */
  async #settledSoon(signal: AbortSignal): Promise<Answer | undefined> {
    const settled = this.#settled
    if (!settled || !(await orAborted(endsWithin(settleTime, settled), signal))) return undefined
    return settled
  }

  /** @param before what is sent before the n-th time that is asked, from 0 */
  async #greet(signal: AbortSignal, before: (n: number) => string = () => ''): Promise<Answer> {
    this.#listening.abort()
    this.#settled = undefined
    const first = `?${word()}`
    let asked = 0
    const ask = (): unknown => this.#output.write(`${before(asked++)}${first}\n`)
    ask()
    const again = setInterval(ask, 500)
    const said = await this.#hear(first, signal).finally(() => clearInterval(again))
    const answer = asked === 1 ? this.#answered(said) : await this.#askOnce(signal)
    this.#settled = Promise.resolve(answer)
    return answer
  }

  /** Answers to a question that was repeated come before the answer to this one. */
  #askOnce(signal: AbortSignal): Promise<Answer> {
    const question = `?${word()}`
    this.#output.write(`${question}\n`)
    return this.#hearAnswer(question, signal)
  }

  async #hearAnswer(question: string, signal: AbortSignal): Promise<Answer> {
    return this.#answered(await this.#hear(question, signal))
  }

  /** Both halves at the same time: what comes while nobody reads may be dropped. Undefined for an answer that is none. */
  async #hear(question: string, signal: AbortSignal): Promise<Answer | undefined> {
    const both = await Promise.allSettled([
      this.#stdout.until([`${question}:`], signal).then(() => this.#readAnswer(signal)),
      this.#stderr.until([`${question}\n`], signal),
    ])
    for (const half of both) if (half.status === 'rejected') throw half.reason
    return both[0].status === 'fulfilled' ? both[0].value : undefined
  }

  #answered(answer: Answer | undefined): Answer {
    if (!answer) throw this.#broken('an answer that is none')
    this.#answer = answer
    return answer
  }

  async #readAnswer(signal: AbortSignal): Promise<Answer | undefined> {
    return parseAnswer(await this.#stdout.line(longestAnswer, signal))
  }

  async #begin(stream: MarkedStream, mark: string, question: string, signal: AbortSignal): Promise<void> {
    const begins = `<${mark}\n`
    if ((await stream.until([begins, question], signal)) !== begins)
      throw this.#broken('no begin of the command')
  }

  /** How a command ended, as one of the two streams tells it. */
  async #end(
    stream: MarkedStream,
    mark: string,
    question: string,
    signal: AbortSignal,
    sink: (data: Buffer) => unknown,
  ): Promise<End> {
    if ((await stream.until([`>${mark}:`, question], signal, sink)) === question) {
      return { by: 'answer', answer: stream === this.#stdout ? await this.#readAnswer(signal) : undefined }
    }
    const status = exitStatus(await stream.line(3, signal))
    if (status === undefined) throw this.#broken('an exit status that is none')
    return { by: 'command', status }
  }

  #statusOf(first: End, second: End, question: string): number {
    if (first.by === 'command' && second.by === 'command' && first.status === second.status) {
      this.#listening = new AbortController()
      this.#settled = this.#hearAnswer(question, this.#listening.signal)
      // Whoever needs the channel next learns it.
      this.#settled.catch(() => undefined)
      return first.status
    }
    if (first.by === 'answer' && second.by === 'answer' && first.answer) {
      this.#answer = first.answer
      this.#settled = Promise.resolve(first.answer)
      return first.answer.status
    }
    throw this.#broken('one end on standard output, another on standard error')
  }

  #taken(): StackrigError {
    return new StackrigError('SHELL_LOST', `no other process may write to the shell of node ${this.#node}`, {
      seen: `processes that an earlier command left in the background: ${this.holders.join(' ')}`,
      next: 'send their output elsewhere when they are started: COMMAND >/dev/null 2>&1 &',
    })
  }

  #broken(seen: string): StackrigError {
    return new StackrigError('SHELL_LOST', `the shell of node ${this.#node} must say how a command ended`, {
      seen,
      next: 'the command, or one before it, wrote to the shell itself: the shell is started anew',
    })
  }
}

// ms; for a process in the background to send its output elsewhere, for a loop to answer without being asked again.
const settleTime = 1000

/**
 * Unpredictable, of characters that are themselves in every shell, and short: a shell reads it byte by byte, and each costs
 * a node under TCG microseconds.
 */
const word = (): string => randomBytes(6).toString('base64url')

/** A line that makes a loop of a shell; one that is a loop already drops it. */
const makeLoop = (): string => `\n${commandLoop()}\n`

/** Characters: a process id has seven digits at most, and a command may leave many processes. */
const longestAnswer = 1_000_000

function parseAnswer(line: string | undefined): Answer | undefined {
  const [, session, status, pids = '', ports = ''] =
    /^(\d{1,10}):(\d{1,3}):([ \d]*):([\w/. -]*)$/.exec(line ?? '') ?? []
  const exit = exitStatus(status)
  if (session === undefined || exit === undefined) return undefined
  return { session: Number(session), status: exit, holders: words(pids).map(Number), ports: words(ports) }
}

const words = (text: string): string[] => text.split(' ').filter(Boolean)

function exitStatus(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,3}$/.test(text) && Number(text) <= 255 ? Number(text) : undefined
}

function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason as Error)
    if (signal.aborted) stop()
    signal.addEventListener('abort', stop, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop))
  })
}

// read(1) takes a byte at a time, so that it leaves the next line alone.
const longestLine = 2000

/** What makes the loop run a command, whatever the command holds, and the mark of its output. */
function framed(command: string): { mark: string; frame: string } {
  if (command.length <= longestLine && !command.includes('\n')) {
    const mark = `:${word()}`
    return { mark, frame: `${mark} ${command}\n` }
  }
  const mark = `#${word()}`
  return { mark, frame: `${mark} ${Buffer.byteLength(command)}\n${command}` }
}
