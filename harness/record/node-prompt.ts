import { StringDecoder } from 'node:string_decoder'
import { styleText } from 'node:util'
import type { RunningNode } from '../cluster/index.js'
import { messageOf, showControls } from '../errors/index.js'
import { withoutEnd } from '../without-end.js'
import { pauseReason } from './acts.js'
import { commandLine, withSetting } from './command-line.js'
import { LineReader } from './line-reader.js'
import type { Before, CommandNote } from './note.js'
import type { Recording } from './recording.js'
import { readExpectation, readTyped, type TypedLine } from './typed-line.js'
import { isUnfinished } from './whole-line.js'

/** Bytes of a command's output that are looked at: what a person sees. */
const outputLimit = 256 * 1024

/** What a terminal in raw mode says for it. */
const ctrlC = 3

export interface PromptOptions {
  signal: AbortSignal
  /** Gives a program the terminal, on the node, and resolves when it has ended. */
  openTerminal: (node: RunningNode, command: string) => Promise<void>
}

/**
 * A prompt on a node. Each line is run as a scenario runs it, in a shell of its own; what changes a shell, as `cd`, is done again before
 * each. What a node says can act on nothing here.
 */
export class NodePrompt {
  readonly #node: RunningNode
  readonly #recording: Recording
  readonly #options: PromptOptions
  #before: Before[] = []
  #folder = '~'

  constructor(node: RunningNode, recording: Recording, options: PromptOptions) {
    this.#node = node
    this.#recording = recording
    this.#options = options
  }

  /** Runs what is typed until the person leaves, or the node is lost. */
  async converse(): Promise<void> {
    const reader = new LineReader()
    try {
      while (await this.#do(await this.#ask(reader), reader));
    } finally {
      reader.release()
    }
  }

  /** Runs one command, and nothing else: `on NODE COMMAND`. Resolves with its exit status. */
  async once(command: string): Promise<number> {
    const typed = readTyped(command)
    if (typed.kind === 'screen') {
      await this.#openTerminal(command)
      return 0
    }
    const { stdin } = process
    const pressed = new AbortController()
    const ahead: Buffer[] = []
    const hear = (data: Buffer): void => {
      if (data.includes(ctrlC)) pressed.abort(new Error('Ctrl-C'))
      else ahead.push(data)
    }
    stdin.setRawMode(true)
    stdin.on('data', hear).resume()
    try {
      return (await this.#run(command, pressed.signal)) ?? 1
    } finally {
      stdin.off('data', hear).pause()
      stdin.setRawMode(false)
      // It was typed for whoever comes next.
      if (ahead.length > 0) stdin.unshift(Buffer.concat(ahead))
    }
  }

  /** What is typed next, as many lines as it takes. */
  async #ask(reader: LineReader): Promise<TypedLine> {
    let text = ''
    for (;;) {
      const prompt = text === '' ? `${this.#node.name}:${showControls(this.#folder)}# ` : '> '
      const answer = await reader.ask(prompt, this.#options.signal)
      if (answer === undefined) return { kind: 'exit' }
      if (answer === 'given up') {
        text = ''
        continue
      }
      text = text === '' ? answer.line : `${text}\n${answer.line}`
      if (!isUnfinished(text)) return readTyped(text)
    }
  }

  /** False when that was all, or the node is lost. */
  async #do(typed: TypedLine, reader: LineReader): Promise<boolean> {
    if (typed.kind === 'nothing') return true
    if (typed.kind === 'exit') return false
    if (typed.kind === 'word') {
      await this.#word(typed.word, typed.rest)
      return true
    }
    if (typed.kind === 'screen') {
      reader.release()
      await this.#openTerminal(typed.command)
      return true
    }
    const pressed = new AbortController()
    reader.onInterrupt = () => pressed.abort(new Error('Ctrl-C'))
    await this.#runTyped(typed, pressed.signal)
    return !this.#node.signal.aborted
  }

  async #runTyped(
    typed: Extract<TypedLine, { kind: 'setting' | 'pause' | 'assignment' | 'command' }>,
    signal: AbortSignal,
  ): Promise<void> {
    const began = Date.now()
    switch (typed.kind) {
      case 'setting':
        await this.#set({ text: typed.text }, typed.text, signal)
        return
      case 'pause':
        await this.#execute(typed.text, signal)
        this.#recording.add({ kind: 'gap', what: typed.text, why: pauseReason, began, ended: Date.now() })
        return
      case 'assignment':
        await this.#assign(typed.variable, typed.command, signal)
        return
      case 'command':
        await this.#run(typed.command, signal)
    }
  }

  async #word(word: 'expect' | 'step', rest: string): Promise<void> {
    if (word === 'step') {
      if (rest.trim() === '') say('step NAME: what follows is a step of this name')
      else this.#recording.add({ kind: 'step', name: rest.trim() })
      return
    }
    const expects = readExpectation(rest)
    say(expects ? await this.#recording.expect(expects) : expectUsage)
  }

  /** What fails changes nothing; otherwise it is looked where the shell is then. */
  async #set(setting: Before, text: string, signal: AbortSignal): Promise<void> {
    const result = await this.#execute(commandLine(this.#before, text), signal)
    if (result?.exitCode !== 0) return
    this.#before = withSetting(this.#before, setting)
    const where = await this.#node.execute(commandLine(this.#before, 'pwd'), { signal })
    this.#folder = where.stdout.toString().trim().split('\n').at(-1) ?? '?'
  }

  async #assign(variable: string, command: string, signal: AbortSignal): Promise<void> {
    const note = await this.#noted(command, signal, 'silent')
    if (!note) return
    const hasValue = note.exitCode === 0
    this.#recording.add(hasValue ? { ...note, assigns: variable } : note)
    if (hasValue) this.#before = withSetting(this.#before, { variable, value: withoutEnd(note.stdout, '\n') })
  }

  async #run(command: string, signal: AbortSignal): Promise<number | undefined> {
    const note = await this.#noted(command, signal)
    if (note) this.#recording.add(note)
    return note?.exitCode
  }

  /** Undefined when it was ended with Ctrl-C. */
  async #noted(command: string, signal: AbortSignal, silent?: 'silent'): Promise<CommandNote | undefined> {
    const began = Date.now()
    const about = {
      kind: 'command' as const,
      node: this.#node.name,
      command,
      before: [...this.#before],
      began,
    }
    const result = await this.#execute(commandLine(this.#before, command), signal, silent)
    const ended = Date.now()
    if (result)
      return {
        ...about,
        ...{ ended, exitCode: result.exitCode },
        ...{ stdout: result.stdout.toString(), stderr: result.stderr.toString() },
      }
    // The node itself may be what the command broke: that is the last thing that was seen.
    if (this.#node.signal.aborted) return { ...about, ended, stdout: '', stderr: '' }
    if (this.#options.signal.aborted) return undefined
    const what = `${this.#node.name}: ${command}`
    this.#recording.add({ kind: 'gap', what, why: 'it was ended with Ctrl-C', began, ended })
    return undefined
  }

  async #execute(
    command: string,
    pressed: AbortSignal,
    silent?: 'silent',
  ): Promise<Awaited<ReturnType<RunningNode['execute']>> | undefined> {
    const screen = new Screen()
    try {
      const result = await this.#node.execute(command, {
        ...{ timeout: 'none', outputLimit, signal: AbortSignal.any([pressed, this.#options.signal]) },
        onOutput: (stream, data) => {
          if (silent !== 'silent' || stream === 'stderr') screen.show(stream, data)
        },
      })
      screen.end()
      if (result.exitCode !== 0) say(`exited ${result.exitCode}`)
      return result
    } catch (error) {
      screen.end()
      say(pressed.aborted ? 'ended' : messageOf(error))
      return undefined
    }
  }

  async #openTerminal(command: string): Promise<void> {
    const began = Date.now()
    try {
      await this.#options.openTerminal(this.#node, commandLine(this.#before, command))
    } catch (error) {
      say(messageOf(error))
    }
    const what = `${this.#node.name}: ${command}`
    this.#recording.add({ kind: 'gap', what, why: 'it had a terminal to itself', began, ended: Date.now() })
  }
}

/** How `expect` is typed. */
export const expectUsage =
  'expect TEXT: what was said last must have it; expect not TEXT; expect status N: its exit status must be that'

/** A remark of the recorder's, for the person. */
export function say(text: string): void {
  process.stdout.write(`${styleText('dim', showControls(text), { stream: process.stdout })}\n`)
}

/** What a node says, on this terminal: controls are visible, and the next prompt begins a line. */
class Screen {
  readonly #decoders = { stdout: new StringDecoder('utf8'), stderr: new StringDecoder('utf8') }
  #isAtStart = true

  show(stream: 'stdout' | 'stderr', data: Buffer): void {
    const text = showControls(this.#decoders[stream].write(data))
    if (text === '') return
    this.#isAtStart = text.endsWith('\n')
    process.stdout.write(text)
  }

  end(): void {
    if (!this.#isAtStart) process.stdout.write('\n')
  }
}
