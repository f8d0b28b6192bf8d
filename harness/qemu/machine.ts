import { once } from 'node:events'
import { open } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { hostFault, StackrigError } from '../errors/index.js'
import { logger, reached } from '../log.js'
import { held, HeldLock } from '../held-lock.js'
import { endsWithin } from '../time-limit.js'
import { isListenedTo, type Program, type Sandbox } from '../sandbox/index.js'
import { consoleSocket, directCommand, qmpSocket, type MachineSpec } from './command.js'
import { connectWhenListening } from './connect.js'
import { NoQmp } from './no-qmp.js'
import { Qmp, type QmpClient } from './qmp.js'
import { runqemuCommand } from './runqemu.js'
import { SharedQmp } from './shared-qmp.js'
import { viewOf } from './view.js'

const log = logger('qemu')

/** How long QEMU may take to end when it is asked to, and when it is killed, ms. */
const endingTime = 5000
const dyingTime = 15_000
/** Of what QEMU says before it ends, the last words are enough, bytes. */
const lastWords = 16 * 1024

/** What is known of a machine, whoever started it. */
export type MachineFacts = Pick<
  MachineSpec,
  'name' | 'memory' | 'disk' | 'consoleLog' | 'packets' | 'tap' | 'cpus'
>

/** One QEMU process in a sandbox, and its control connection. It ends with the sandbox. */
export class Machine {
  readonly spec: MachineFacts
  readonly qmp: QmpClient
  /** Aborted with QEMU_DIED, and QEMU's last words, when the process ends unasked. */
  readonly signal: AbortSignal
  /** Aborted when the process has ended, asked or not. */
  readonly ended: AbortSignal

  readonly #sandbox: Sandbox
  readonly #program: Program
  readonly #ending: { asked: boolean }

  private constructor(sandbox: Sandbox, spec: MachineFacts, program: Program, qmp: QmpClient, death: Death) {
    this.#sandbox = sandbox
    this.spec = spec
    this.#program = program
    this.qmp = qmp
    this.signal = death.signal
    this.ended = death.ended
    this.#ending = death.ending
  }

  /**
   * Starts QEMU; the guest does not run before `resume`.
   * @throws StackrigError QEMU_DIED with QEMU's own words.
   */
  static async start(sandbox: Sandbox, spec: MachineSpec): Promise<Machine> {
    const words = wordsOf(sandbox, spec.name)
    const command =
      spec.launcher === 'runqemu' ? await runqemuCommand(spec, sandbox.folder) : directCommand(spec)
    log('%s: %s', spec.name, command.join(' '))
    const program = sandbox.start(command, words, await viewOf(spec))
    reached(spec.name, 'QEMU starts')
    const death = watch(sandbox, program, spec, words)
    try {
      const qmp = await Qmp.connect(join(sandbox.folder, qmpSocket(spec.name)), spec.name, death.signal)
      return new Machine(sandbox, spec, program, qmp, death)
    } catch (error) {
      death.ending.asked = true
      program.kill()
      throw error
    }
  }

  /**
   * A machine that another process started and left. Several processes may be attached to it: each command of `qmp` is a turn
   * that they take. One that is not there is off.
   * @throws StackrigError NODE_HELD, QMP_FAILED
   */
  static async attach(
    sandbox: Sandbox,
    facts: Omit<MachineFacts, 'memory' | 'cpus'>,
    stop: AbortSignal,
  ): Promise<Machine> {
    const { name } = facts
    const path = join(sandbox.folder, qmpSocket(name))
    const found = await new SharedQmp(path, name, stop).turnIf(() => isListenedTo(path), lookAt)
    if (!found) return Machine.off(sandbox, facts)
    const { thread, memory, cpus } = found
    const spec = { ...facts, memory, cpus }
    const program = sandbox.find(thread, stop)
    const death = watch(sandbox, program, spec, wordsOf(sandbox, name))
    return new Machine(sandbox, spec, program, new SharedQmp(path, name, death.signal), death)
  }

  /** A machine that is switched off: it has ended before anything of it was seen. */
  static async off(sandbox: Sandbox, facts: Omit<MachineFacts, 'memory' | 'cpus'>): Promise<Machine> {
    const spec = { ...facts, memory: { file: '', shared: true }, cpus: 0 }
    const death = watch(sandbox, nobody, spec, wordsOf(sandbox, facts.name))
    death.ending.asked = true
    await once(death.ended, 'abort')
    return new Machine(sandbox, spec, nobody, new NoQmp(facts.name), death)
  }

  async resume(): Promise<void> {
    await this.qmp.execute('cont')
  }

  async pause(): Promise<void> {
    await this.qmp.execute('stop')
  }

  /** Where one of the machine's sockets lies. */
  path(socket: string): string {
    return join(this.#sandbox.folder, socket)
  }

  /** A stream to one of the machine's sockets: its console, or a virtio-serial port. */
  connect(socket: string): ReturnType<typeof connectWhenListening> {
    return connectWhenListening(this.path(socket), this.signal)
  }

  /**
   * The raw serial console, for one at a time.
   * @throws StackrigError NODE_HELD when another process has it.
   */
  async openConsole(): Promise<Socket> {
    const path = this.path(consoleSocket(this.spec.name))
    const lock = await HeldLock.tryTake(`${path}.lock`)
    if (!lock) throw held(`the console of ${this.spec.name}`, [`${path}.lock`])
    try {
      const socket = await connectWhenListening(path, this.signal)
      socket.once('close', () => void lock.giveBack())
      return socket
    } catch (error) {
      await lock.giveBack()
      throw error
    }
  }

  /** Leaves QEMU to other processes. */
  letGo(): void {
    this.qmp.close()
  }

  /** The virtio-serial ports that the guest has open (QEMU's QMP reference, query-chardev, frontend-open). */
  async openPorts(): Promise<string[]> {
    const devices = await this.qmp.execute<{ label: string; 'frontend-open': boolean }[]>('query-chardev')
    return devices.filter((device) => device['frontend-open']).map(({ label }) => label)
  }

  /**
   * A thread of QEMU, by its number in the sandbox: /proc shows QEMU's figures under it (proc(5)). The process that was
   * started may be runqemu.
   */
  async thread(): Promise<number> {
    const [cpu] = await this.qmp.execute<{ 'thread-id': number }[]>('query-cpus-fast')
    return cpu?.['thread-id'] ?? 0
  }

  /** Where /proc shows QEMU to this process (proc(5)). @throws StackrigError SANDBOX_DIED */
  async processFolder(): Promise<string> {
    return this.#sandbox.processFolder(await this.thread())
  }

  /** Gives the guest its carrier, or takes it (QEMU QMP Reference Manual, set_link). */
  async setLink(state: 'up' | 'down'): Promise<void> {
    await this.qmp.execute('set_link', { name: 'net0', up: state === 'up' })
  }

  /**
   * Ends QEMU at once, as a power cut does; with SIGKILL when it has not ended 5 s later.
   * @throws StackrigError SANDBOX_STUCK when even that does not end it.
   */
  async powerOff(): Promise<void> {
    if (this.ended.aborted) return
    this.#ending.asked = true
    // It need not answer before it ends.
    this.qmp.execute('quit', {}, { timeout: endingTime }).catch(() => this.#program.kill())
    if (!(await endsWithin(endingTime, this.#program.ended))) {
      this.#program.kill()
      if (!(await endsWithin(dyingTime, this.#program.ended))) throw stuck(this.spec, this.#sandbox)
    }
    this.qmp.close()
  }

  /** Resolves when the guest has switched the machine off: from now on that is no crash. */
  async switchedOff(signal: AbortSignal): Promise<void> {
    this.#ending.asked = true
    if (!this.ended.aborted) await once(this.ended, 'abort', { signal })
    this.qmp.close()
  }
}

const wordsOf = ({ folder }: Sandbox, name: string): string => join(folder, `${name}.qemu.log`)

const nobody: Program = { ended: Promise.resolve({ status: 0, signal: null }), kill: () => undefined }

/** What QEMU says of itself: a thread of its, and its guest's processors and memory (QEMU QMP Reference Manual, qom-get). */
async function lookAt(qmp: Qmp): Promise<{ thread: number } & Pick<MachineSpec, 'memory' | 'cpus'>> {
  const get = <T>(property: string): Promise<T> =>
    qmp.execute<T>('qom-get', { path: '/objects/ram0', property })
  const processors = await qmp.execute<{ 'thread-id': number }[]>('query-cpus-fast')
  const memory = { file: await get<string>('mem-path'), shared: await get<boolean>('share') }
  return { thread: processors[0]?.['thread-id'] ?? 0, cpus: processors.length, memory }
}

interface Death {
  signal: AbortSignal
  ended: AbortSignal
  ending: { asked: boolean }
}

function watch(
  sandbox: Sandbox,
  program: Program,
  { name, image }: Pick<MachineSpec, 'name'> & Partial<Pick<MachineSpec, 'image'>>,
  words: string,
): Death {
  const controller = new AbortController()
  const ended = new AbortController()
  const ending = { asked: false }
  void program.ended.then(async ({ status, signal, failure }) => {
    ended.abort()
    if (ending.asked) return
    const where = `node ${name}${image ? `, image ${image.name}` : ''}`
    if (failure !== undefined) {
      controller.abort(hostFault(failure, `QEMU of node ${name} must start`, where))
      return
    }
    if (!(await sandbox.isAlive())) {
      const error = new StackrigError('SANDBOX_DIED', `the sandbox of node ${name} is gone`, { where })
      controller.abort(error)
      return
    }
    const seen = await endOfFile(words)
    const how = signal ? `signal ${signal}` : `exit status ${status ?? 'unknown'}`
    const error = new StackrigError('QEMU_DIED', `QEMU of node ${name} must run, but ended (${how})`, {
      where,
      seen: seen || 'QEMU said nothing',
      next: 'DEBUG=stackrig:qemu shows the command line',
    })
    controller.abort(error)
  })
  return { signal: AbortSignal.any([controller.signal, sandbox.signal]), ended: ended.signal, ending }
}

async function endOfFile(file: string): Promise<string> {
  try {
    await using handle = await open(file)
    const { size } = await handle.stat()
    const start = Math.max(0, size - lastWords)
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(lastWords), 0, lastWords, start)
    return buffer.toString('utf8', 0, bytesRead)
  } catch {
    return ''
  }
}

function stuck({ name }: MachineFacts, sandbox: Sandbox): StackrigError {
  return new StackrigError('SANDBOX_STUCK', `QEMU of node ${name} must end when it is killed`, {
    where: sandbox.folder,
    next: 'a process in state D waits for a disk or a file server: look at the kernel log of this machine',
  })
}
