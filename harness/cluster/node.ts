import { readFile as readHostFile, stat } from 'node:fs/promises'
import type { Socket } from 'node:net'
import type { Contract } from '../contract/index.js'
import { StackrigError } from '../errors/index.js'
import { humanDuration, milliseconds, type Duration } from '../duration.js'
import { quoteWord } from '../shell-word.js'
import {
  commandText,
  lastLines,
  readFile,
  writeFile,
  type CommandResult,
  type CommandValue,
  type Conversation,
  type RunOptions,
  type Shell,
} from '../guest/index.js'
import { logger } from '../log.js'
import type { Machine } from '../qemu/index.js'
import { nodeLane } from '../timeline/index.js'
import { commandSucceeds, port as portOf, waitFor, type Seen } from '../waits/index.js'
import { goOnBooting } from './boot-node.js'
import type { Cluster } from './cluster.js'
import { recordCommand } from './command-record.js'
import { initWords, type ServiceSignal, type Verb } from './init-words.js'
import { followNode } from './log-follower.js'
import { endFollower } from './log-words.js'
import type { Launched } from './launch.js'
import { noShell } from './no-shell.js'
import type { TopologyNode } from './topology.js'

const log = logger('cluster')

/** A command as a template: what stands in `${}` is one word each, an array several. */
export type CommandTemplate<Result> = (
  strings: TemplateStringsArray,
  ...values: CommandValue[]
) => Promise<Result>

/** The same, also after options: ``run`…` `` or ``run({ timeout: '5min' })`…` ``. */
export interface CommandMethod<Options, Result> extends CommandTemplate<Result> {
  (options: Options): CommandTemplate<Result>
}

/** Time limit of what is done on a node, and the signal that ends it sooner. */
export interface TimeLimit {
  timeout?: Duration
  signal?: AbortSignal | undefined
}

/** One running virtual machine whose shell answers. */
export class RunningNode {
  readonly plan: TopologyNode
  readonly #cluster: Cluster
  /** What runs since the node was last switched on; while it boots, what ran before. */
  #current: Launched
  /** What runs, and has not answered yet. */
  #booting: Launched | undefined
  /** Resolves when it has. */
  #up: Promise<void> | undefined
  /** Ends that. */
  #cut = new AbortController()

  constructor(plan: TopologyNode, cluster: Cluster, launched: Launched) {
    this.plan = plan
    this.#cluster = cluster
    this.#current = launched
    if (launched.isBooting) this.#booting = launched
  }

  get name(): string {
    return this.plan.name
  }

  get contract(): Contract {
    return this.#cluster.topology.contract
  }

  /** Aborted when the node, or any other of its cluster, cannot go on. */
  get signal(): AbortSignal {
    return this.#cluster.signal
  }

  get machine(): Machine {
    return (this.#booting ?? this.#current).machine
  }

  /** False after `powerOff` and `shutDown`, and until the shells of a node that is switched on answer. */
  get isOn(): boolean {
    return !this.isBooting && !this.#current.machine.ended.aborted
  }

  /** Whether its guest runs, and its shells have not answered yet: `powerOn` resolves when they do. */
  get isBooting(): boolean {
    return this.#booting !== undefined && !this.#booting.machine.ended.aborted
  }

  /** Whether its guest runs, be it that its shells have not answered yet. */
  get runs(): boolean {
    return this.isOn || this.isBooting
  }

  get #shell(): Shell {
    const { machine, shell } = this.#current
    return this.isBooting
      ? noShell(this.name, 'it boots, and its shells have not answered yet', machine.signal)
      : shell
  }

  /**
   * Runs a command as root and returns its standard output, without the last newline. Values in `${}` are one word
   * each, whatever they hold. Default time-out 2 min: ``node.run({ timeout: '5min' })`openstack …` ``
   * @throws StackrigError COMMAND_FAILED when it exits non-zero or says more than 16 MiB, WAIT_TIMEOUT
   */
  run = commandMethod(async (command, options: TimeLimit) => {
    const result = await this.execute(command, options)
    if (result.leftOut.stdout > 0) {
      const next = 'execute with outputLimit, or onOutput, takes more'
      throw new StackrigError('COMMAND_FAILED', `a command on ${this.name} must not say more than is kept`, {
        where: result.command,
        seen: `${result.leftOut.stdout} bytes were left out`,
        next,
      })
    }
    if (result.exitCode === 0) return result.stdout.toString().replace(/\n$/, '')
    throw new StackrigError(
      'COMMAND_FAILED',
      `a command on ${this.name} must succeed, but exited ${result.exitCode}`,
      { where: result.command, seen: lastWords(result, 20) },
    )
  })

  /** Runs a command as root, whatever its exit status. @throws StackrigError WAIT_TIMEOUT, SHELL_LOST */
  execute(command: string, options: RunOptions = {}): Promise<CommandResult> {
    const running = this.#shell.execute(command, options)
    recordCommand(this.#cluster.timeline, this.name, command, running)
    return running
  }

  /**
   * Begins a command that talks with a person: it reads what is typed by `<&1`, and says itself when it ends. Its channel runs
   * nothing else.
   * @throws StackrigError SHELL_LOST, NODE_HELD; the signal's reason.
   */
  converse(command: string, signal: AbortSignal): Promise<Conversation> {
    return this.#shell.converse(command, signal)
  }

  /**
   * Runs a command again and again until it exits zero; resolves with its output then. Written as `run` is; default
   * time-out 5 min. One run of it has all the time that is left.
   * @throws StackrigError WAIT_TIMEOUT with its last output.
   */
  waitUntil = commandMethod(async (command, { timeout = '5min', signal }: TimeLimit) =>
    waitFor(commandSucceeds(this, command), { timeout, signal }),
  )

  /** Resolves when the node accepts TCP connections there; default time-out 5 min. @throws StackrigError WAIT_TIMEOUT */
  async waitForPort(port: number, { timeout = '5min', signal }: TimeLimit = {}): Promise<void> {
    await waitFor(portOf(this, port), { timeout, signal })
  }

  /** Resolves as soon as the port accepts a connection, at the latest after `timeout` ms; `seen` is what it did instead. */
  tryPort(
    port: number,
    options: { timeout: number; signal?: AbortSignal },
  ): Promise<{ open: boolean; seen?: string }> {
    return this.#cluster.sandbox.port(this.plan.address, port, options)
  }

  /** The state of one service, in the words of `ServiceState`. */
  async serviceState(service: string, options: TimeLimit = {}): Promise<string> {
    const { stdout } = await this.execute(initWords[this.contract.init].states([service]), options)
    return stdout.toString().trim()
  }

  /** The last log lines of one service. */
  async serviceLog(service: string, options: TimeLimit = {}): Promise<string> {
    const { stdout } = await this.execute(initWords[this.contract.init].log(service), options)
    return stdout.toString().trimEnd()
  }

  #either(signal: AbortSignal | undefined): AbortSignal {
    return signal ? AbortSignal.any([signal, this.signal]) : this.signal
  }

  /** Resolves when the shell answers. @throws StackrigError SHELL_LOST */
  answer(): Promise<void> {
    return this.#shell.answer()
  }

  /** The same, of a node that was saved while commands ran. @throws StackrigError SHELL_LOST */
  async answerWhileBusy(): Promise<void> {
    await this.#shell.answerWhileBusy()
    // Not waited for: it only gives back a channel.
    this.#shell.execute(endFollower).catch(() => undefined)
  }

  /** Follows its logs into the timeline of its cluster, until that ends; also those of its later boots. */
  followLogs(): void {
    void followNode(this.#cluster, this, () => this.#shell)
  }

  /**
   * In the words of the node's init system. All services of a controller at once, while it boots, take as long as a boot
   * without KVM: more than 10 min.
   * @throws StackrigError COMMAND_FAILED, WAIT_TIMEOUT after 30 min.
   */
  startServices(...services: string[]): Promise<void> {
    return this.#order('start', services)
  }

  /** As `startServices`. */
  stopServices(...services: string[]): Promise<void> {
    return this.#order('stop', services)
  }

  /** As `startServices`. */
  restartServices(...services: string[]): Promise<void> {
    return this.#order('restart', services)
  }

  async #order(verb: Verb, services: string[]): Promise<void> {
    await this.run({ timeout: '30min' })`sh -c ${initWords[this.contract.init].order(verb, services)}`
  }

  /** Sends a signal to all processes of a service. @throws StackrigError COMMAND_FAILED */
  async signalService(service: string, signal: ServiceSignal): Promise<void> {
    await this.run`sh -c ${initWords[this.contract.init].signal(signal, service)}`
  }

  readFile(path: string): Promise<Buffer> {
    return readFile(this.#shell, path)
  }

  writeFile(path: string, content: Buffer | string): Promise<void> {
    const writing = writeFile(this.#shell, path, content)
    recordCommand(this.#cluster.timeline, this.name, `cat >${quoteWord(path)}`, writing)
    return writing
  }

  /** The raw serial console, for one at a time. @throws StackrigError USAGE when the node is off; NODE_HELD */
  async openConsole(): Promise<Socket> {
    if (!this.isOn) throw new StackrigError('USAGE', `${this.name} must be on to have a console`)
    return this.machine.openConsole()
  }

  get consoleLog(): string {
    return this.machine.spec.consoleLog
  }

  /** Pulls the cable: the guest sees its carrier go, and nothing goes to its network card or comes from it. */
  async unplug(): Promise<void> {
    await this.machine.setLink('down')
    this.#tellCable('out')
  }

  /** Puts the cable back. */
  async plugIn(): Promise<void> {
    await this.machine.setLink('up')
    this.#tellCable('in')
  }

  #tellCable(to: 'in' | 'out'): void {
    const text = to === 'out' ? 'the cable is pulled' : 'the cable is put back'
    const data = { node: this.name, to }
    this.#cluster.timeline.add({ lane: nodeLane(this.name), kind: 'cable', text, data })
  }

  /** Leaves the node to other processes; see `Cluster.letGo`. */
  async letGo(): Promise<void> {
    const { machine, shell } = this.#current
    await shell.letGo()
    machine.letGo()
    this.#booting?.shell.close()
    this.#booting?.machine.letGo()
  }

  /** A power cut: what the node had not written to its disk is lost. */
  async powerOff(): Promise<void> {
    const up = this.#up
    this.#cut.abort(
      new StackrigError('SHELL_LOST', `node ${this.name} must boot to its end`, { seen: 'a power cut' }),
    )
    await this.machine.powerOff()
    // It has its console until it has ended.
    await up?.catch(() => undefined)
    this.#tellPower('off', 'a power cut')
    this.#current.shell.close()
    this.#booting?.shell.close()
    this.#booting = undefined
  }

  /**
   * A kernel panic, asked for by sysrq (Linux, admin-guide/sysrq): no wait ends of it. Resolves when the kernel has said so, and
   * the machine is off.
   * @throws StackrigError WAIT_TIMEOUT; USAGE while it boots
   */
  async crash({ timeout = '2min', signal }: TimeLimit = {}): Promise<void> {
    this.#requireBooted('to panic')
    const { size } = await stat(this.consoleLog)
    this.#current.expectCrash()
    // It does not come back from there.
    this.execute('echo c >/proc/sysrq-trigger').catch(() => undefined)
    const said = async (): Promise<Seen<void>> =>
      (await readFrom(this.consoleLog, size)).includes('Kernel panic')
        ? { done: true, value: undefined }
        : { done: false, seen: 'nothing of it on the console' }
    await waitFor({ what: `the kernel of ${this.name} to panic`, probe: said }, { timeout, signal })
    await this.machine.powerOff()
    this.#tellPower('off', 'its kernel panicked, as it was asked to')
    this.#shell.close()
  }

  /** Tells the node's init to end everything and switch off; resolves when it has. @throws StackrigError WAIT_TIMEOUT; USAGE while it boots */
  async shutDown({ timeout = '5min', signal }: TimeLimit = {}): Promise<void> {
    this.#requireBooted('to be shut down')
    const limit = milliseconds(timeout)
    const expired = AbortSignal.timeout(limit)
    const off = this.machine.switchedOff(AbortSignal.any([expired, this.#either(signal)]))
    // The shell may be gone before it can tell how this ended.
    this.execute('poweroff').catch(() => undefined)
    await off.catch((cause: unknown) => {
      this.#either(signal).throwIfAborted()
      throw new StackrigError(
        'WAIT_TIMEOUT',
        `waited ${humanDuration(limit)} for ${this.name} to shut down`,
        // Used here, so that it is not collected as garbage before its time (waits/wait-for.ts).
        { where: this.consoleLog, cause: expired.aborted ? undefined : cause },
      )
    })
    this.#tellPower('off', 'it has shut down')
    this.#shell.close()
  }

  /**
   * Boots a node that was switched off, from its disk as it was left; resolves when its shells answer. One that boots already is waited
   * for.
   * @throws StackrigError USAGE when it is on; QEMU_DIED, NODE_CRASHED, LOGIN_FAILED, WAIT_TIMEOUT; SHELL_LOST when it is switched off
   * meanwhile
   */
  async powerOn(): Promise<void> {
    if (this.isOn) throw new StackrigError('USAGE', `${this.name} must be off to be switched on`)
    this.#up ??= this.#boot().finally(() => (this.#up = undefined))
    await this.#up
  }

  /** Has a node that was saved while it booted boot on; nobody waits for it. */
  goOnBooting(): void {
    this.powerOn().catch((error: unknown) => log('%s does not come up: %O', this.name, error))
  }

  async #boot(): Promise<void> {
    this.#cut = new AbortController()
    const launched = await (this.#booting && this.isBooting ? this.#goOn(this.#booting) : this.#switchOn())
    this.#booting = undefined
    this.#current = launched
    this.#cluster.watch(launched)
  }

  async #goOn(booting: Launched): Promise<Launched> {
    await goOnBooting(this.#cluster, booting, this.#cut.signal)
    return booting
  }

  #switchOn(): Promise<Launched> {
    this.#tellPower('on', 'it is switched on')
    const onLaunched = (launched: Launched): void => {
      this.#booting = launched
    }
    return this.#cluster.boot(this.plan, { onLaunched, signal: this.#cut.signal })
  }

  /** Who asks for it is the node's shell. */
  #requireBooted(wanted: string): void {
    if (!this.isBooting) return
    throw new StackrigError('USAGE', `${this.name} must have booted ${wanted}`, {
      next: `await ${this.name}.powerOn(), or powerOff(), which needs nobody to answer`,
    })
  }

  #tellPower(to: 'on' | 'off', text: string): void {
    const data = { node: this.name, to }
    this.#cluster.timeline.add({ lane: nodeLane(this.name), kind: 'power', text, data })
  }
}

/** What a person may write before the backtick, or leave out. */
function commandMethod<Options extends object, Result>(
  perform: (command: string, options: Options) => Promise<Result>,
): CommandMethod<Options, Result> {
  return ((first: TemplateStringsArray | Options, ...values: CommandValue[]) =>
    isTemplate(first)
      ? perform(commandText(first, values), {} as Options)
      : (strings: TemplateStringsArray, ...later: CommandValue[]) =>
          perform(commandText(strings, later), first)) as CommandMethod<Options, Result>
}

const isTemplate = (first: object): first is TemplateStringsArray => Array.isArray(first) && 'raw' in first

/** A file of this machine, from a byte on; a console's log may have lost its middle since. */
async function readFrom(path: string, start: number): Promise<string> {
  const text = await readHostFile(path, 'latin1')
  return text.length < start ? text : text.slice(start)
}

const lastWords = ({ stdout, stderr }: CommandResult, lines: number): string =>
  lastLines(`${stdout.toString()}\n${stderr.toString()}`, lines)
