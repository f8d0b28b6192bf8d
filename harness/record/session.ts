import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { closeSync, constants, openSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { IPty, spawn } from 'node-pty'
import type { Cluster, RunningNode } from '../cluster/index.js'
import { hostFault, messageOf, stripEscapes } from '../errors/index.js'
import { makeFolder } from '../make-folder.js'
import { ApiCalls } from './api-calls.js'
import { argumentsOf, bashFile, typedIn, words, type Word } from './bash-file.js'
import { expectUsage, NodePrompt, say } from './node-prompt.js'
import type { Recording } from './recording.js'
import { TerminalMarks } from './terminal-marks.js'
import { readExpectation } from './typed-line.js'

/** Characters of a program's output that are kept: its end, which is what was seen. */
const mostOutput = 256 * 1024

export interface SessionOptions {
  recording: Recording
  /** node-pty's. */
  spawn: typeof spawn
  environment: Readonly<NodeJS.ProcessEnv>
  /** The text of /etc/hosts by which the nodes are found. */
  hosts: string
  signal: AbortSignal
  openTerminal: (node: RunningNode, command: string) => Promise<void>
  /** Opens the browser; resolves when it is there. */
  openBrowser: () => Promise<void>
}

/** What a program of the person's has said since it began. */
interface Running {
  began: number
  output: string
}

/**
 * A shell of this machine in the network of a cluster, on this terminal. What is typed in it is noted, and so is what is typed on nodes
 * that are entered from it.
 */
export class Session implements Disposable {
  readonly #cluster: Cluster
  readonly #options: SessionOptions
  readonly #shell: IPty
  readonly #calls: ApiCalls
  readonly #marks: TerminalMarks
  /** Open for reading, too, so that nobody waits for a shell that is gone (fifo(7)). */
  readonly #answers: number
  readonly #ended: Promise<void>
  #running: Running | undefined
  #turn: Promise<unknown> = Promise.resolve()

  private constructor(
    cluster: Cluster,
    options: SessionOptions,
    parts: { shell: IPty; calls: ApiCalls; secret: string; answers: number },
  ) {
    this.#cluster = cluster
    this.#options = options
    this.#shell = parts.shell
    this.#calls = parts.calls
    this.#answers = parts.answers
    this.#marks = new TerminalMarks(parts.secret)
    this.#ended = new Promise((resolve) => parts.shell.onExit(() => resolve()))
  }

  /** @throws StackrigError SANDBOX_DIED, HOST_DISK, HOST_FOLDER, HOST_LIMIT */
  static async open(cluster: Cluster, options: SessionOptions): Promise<Session> {
    const { sandbox } = cluster
    const { hosts, signal, recording, environment, spawn: start } = options
    const folder = join(sandbox.folder, 'record')
    const secret = randomBytes(18).toString('hex')
    const file = join(folder, 'bashrc')
    const answers = answersFor(folder, (fifo) => writeFileSync(file, bashFile(secret, fifo), { mode: 0o600 }))
    let calls: ApiCalls | undefined
    try {
      calls = await ApiCalls.open(sandbox, { hosts, signal, told: (call) => recording.add(call) })
      const words = sandbox.visiting(['bash', '--noprofile', '--rcfile', file, '-i'], { hosts })
      const [program = '', ...args] = words
      const [cols, rows] = process.stdout.getWindowSize()
      const proxies = { http_proxy: calls.address, HTTP_PROXY: calls.address }
      const shell = start(program, args, { cols, rows, env: { ...environment, ...proxies } })
      return new Session(cluster, options, { shell, calls, secret, answers })
    } catch (error) {
      calls?.[Symbol.dispose]()
      closeSync(answers)
      throw hostFault(error, 'a shell must begin in a terminal of its own', folder)
    }
  }

  /** Joins this terminal to the shell until that ends, or the signal says so. */
  async join(): Promise<void> {
    const { stdin, stdout } = process
    const { signal } = this.#options
    const typed = (data: Buffer): void => this.#shell.write(data)
    const resize = (): void => this.#shell.resize(...stdout.getWindowSize())
    const end = (): void => this.#shell.kill()
    this.#shell.onData((data) => (this.#turn = this.#turn.then(() => this.#said(data, typed))))
    stdout.on('resize', resize)
    signal.addEventListener('abort', end)
    stdin.on('end', end)
    this.#take(typed)
    try {
      await this.#ended
      await this.#turn
    } finally {
      this.#lend(typed)
      stdin.off('end', end)
      stdout.off('resize', resize)
      signal.removeEventListener('abort', end)
    }
  }

  /** The shell gets what is typed. */
  #take(typed: (data: Buffer) => void): void {
    process.stdin.setRawMode(true)
    process.stdin.on('data', typed).resume()
  }

  #lend(typed: (data: Buffer) => void): void {
    process.stdin.off('data', typed).pause()
    process.stdin.setRawMode(false)
  }

  async #said(data: string, typed: (data: Buffer) => void): Promise<void> {
    for (const piece of this.#marks.add(data)) {
      if ('text' in piece) {
        process.stdout.write(piece.text)
        if (this.#running) this.#running.output = (this.#running.output + piece.text).slice(-mostOutput)
      } else await this.#heard(piece.mark, typed)
    }
  }

  async #heard([what, first = '', second = '']: string[], typed: (data: Buffer) => void): Promise<void> {
    if (what === 'begin') this.#running = { began: Date.now(), output: '' }
    else if (what === 'end') {
      await this.#calls.settle()
      this.#programEnded(Number(first), Buffer.from(second, 'base64').toString())
    } else if (what === 'word' && isWord(first)) {
      this.#lend(typed)
      const status = await this.#obey(first, argumentsOf(second)).catch((error: unknown) => {
        say(messageOf(error))
        return 1
      })
      this.#take(typed)
      this.#answer(status)
    }
  }

  #programEnded(exitCode: number, history: string): void {
    const running = this.#running
    this.#running = undefined
    // An empty line begins nothing.
    if (!running) return
    const command = typedIn(history)
    const [word = ''] = command.trim().split(/\s/)
    if (isWord(word) || ['exit', 'logout'].includes(word)) return
    const { began, output } = running
    const ended = Date.now()
    if (/\x1b\[\?(47|1047|1049)h/.test(output)) {
      const why = 'it draws on the whole screen'
      this.#options.recording.add({ kind: 'gap', what: command, why, began, ended })
      return
    }
    const text = stripEscapes(output).replaceAll('\r\n', '\n')
    this.#options.recording.add({ kind: 'program', command, exitCode, output: text, began, ended })
  }

  async #obey(word: Word, args: string[]): Promise<number> {
    const { recording } = this.#options
    switch (word) {
      case 'on':
        return this.#enter(args)
      case 'step':
        if (args.length === 0) return this.#usage('step NAME: what follows is a step of this name')
        recording.add({ kind: 'step', name: args.join(' ') })
        return 0
      case 'expect': {
        const expects = readExpectation(args.join(' '))
        if (!expects) return this.#usage(expectUsage)
        say(await recording.expect(expects))
        return 0
      }
      case 'horizon':
        await this.#options.openBrowser()
        return 0
    }
  }

  #usage(text: string): number {
    say(text)
    return 2
  }

  async #enter([name = '', ...command]: string[]): Promise<number> {
    const { nodes } = this.#cluster
    const node = nodes.find((one) => one.name === name)
    if (!node) return this.#usage(`on NODE [COMMAND]: ${nodes.map((one) => one.name).join(', ')}`)
    const { recording, signal, openTerminal } = this.#options
    const prompt = new NodePrompt(node, recording, { signal, openTerminal })
    if (command.length > 0) return prompt.once(command.join(' '))
    await prompt.converse()
    return 0
  }

  #answer(status: number): void {
    writeSync(this.#answers, `${status}\n`)
  }

  [Symbol.dispose](): void {
    this.#calls[Symbol.dispose]()
    this.#shell.kill()
    closeSync(this.#answers)
  }
}

/** A FIFO that nobody waits at, for what is answered to the shell. @throws StackrigError HOST_DISK, HOST_FOLDER, HOST_LIMIT */
function answersFor(folder: string, writeFile: (fifo: string) => void): number {
  const fifo = join(folder, 'answers')
  try {
    makeFolder(folder, 0o700)
    execFileSync('mkfifo', ['-m', '600', fifo])
    writeFile(fifo)
    return openSync(fifo, constants.O_RDWR)
  } catch (error) {
    throw hostFault(error, 'what a recording shell reads must be written', folder)
  }
}

const isWord = (text: string): text is Word => words.some((word) => word === text)
