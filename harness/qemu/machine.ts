import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { StackrigError } from '../errors/index.js'
import { logger } from '../log.js'
import type { Program, Sandbox } from '../sandbox/index.js'
import { directCommand, qmpSocket, type MachineSpec } from './command.js'
import { connectWhenListening, Qmp } from './qmp.js'
import { runqemuCommand } from './runqemu.js'

const log = logger('qemu')

/** One QEMU process in a sandbox, and its control connection. It ends with the sandbox. */
export class Machine {
  readonly spec: MachineSpec
  readonly qmp: Qmp
  /** Aborted with QEMU_DIED, and QEMU's last words, when the process ends unasked. */
  readonly signal: AbortSignal
  /** Aborted when the process has ended, asked or not. */
  readonly ended: AbortSignal

  private readonly sandbox: Sandbox
  private readonly program: Program
  private readonly ending: { asked: boolean }

  private constructor(sandbox: Sandbox, spec: MachineSpec, program: Program, qmp: Qmp, death: Death) {
    this.sandbox = sandbox
    this.spec = spec
    this.program = program
    this.qmp = qmp
    this.signal = death.signal
    this.ended = death.ended
    this.ending = death.ending
  }

  /**
   * Starts QEMU; the guest does not run before `resume`.
   * @throws StackrigError QEMU_DIED with QEMU's own words.
   */
  static async start(sandbox: Sandbox, spec: MachineSpec): Promise<Machine> {
    const words = join(sandbox.folder, `${spec.name}.qemu.log`)
    const command =
      spec.launcher === 'runqemu' ? await runqemuCommand(spec, sandbox.folder) : directCommand(spec)
    log('%s: %s', spec.name, command.join(' '))
    const program = sandbox.start(command, words)
    const death = watch(sandbox, program, spec, words)
    const qmp = await Qmp.connect(join(sandbox.folder, qmpSocket(spec.name)), spec.name, death.signal)
    return new Machine(sandbox, spec, program, qmp, death)
  }

  async resume(): Promise<void> {
    await this.qmp.execute('cont')
  }

  async pause(): Promise<void> {
    await this.qmp.execute('stop')
  }

  /** A stream to one of the machine's sockets: its console, or a virtio-serial port. */
  connect(socket: string): ReturnType<typeof connectWhenListening> {
    return connectWhenListening(join(this.sandbox.folder, socket), this.signal)
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

  /** Gives the guest its carrier, or takes it (QEMU QMP Reference Manual, set_link). */
  async setLink(state: 'up' | 'down'): Promise<void> {
    await this.qmp.execute('set_link', { name: 'net0', up: state === 'up' })
  }

  /** Ends QEMU at once, as a power cut does. */
  async powerOff(): Promise<void> {
    if (this.ended.aborted) return
    this.ending.asked = true
    // It need not answer before it ends.
    await Promise.race([this.qmp.execute('quit').catch(() => this.program.kill()), this.program.ended])
    await this.program.ended
    this.qmp.close()
  }

  /** Resolves when the guest has switched the machine off: from now on that is no crash. */
  async switchedOff(signal: AbortSignal): Promise<void> {
    this.ending.asked = true
    if (!this.ended.aborted) await once(this.ended, 'abort', { signal })
    this.qmp.close()
  }
}

interface Death {
  signal: AbortSignal
  ended: AbortSignal
  ending: { asked: boolean }
}

function watch(sandbox: Sandbox, program: Program, spec: MachineSpec, words: string): Death {
  const controller = new AbortController()
  const ended = new AbortController()
  const ending = { asked: false }
  void program.ended.then(async ({ status, signal }) => {
    ended.abort()
    if (ending.asked) return
    const where = `node ${spec.name}, image ${spec.image.name}`
    if (!(await sandbox.isAlive())) {
      const error = new StackrigError('SANDBOX_DIED', `the sandbox of node ${spec.name} is gone`, { where })
      controller.abort(error)
      return
    }
    const seen = await readFile(words, 'utf8').catch(() => '')
    const how = signal ? `signal ${signal}` : `exit status ${status ?? 'unknown'}`
    const error = new StackrigError('QEMU_DIED', `QEMU of node ${spec.name} must run, but ended (${how})`, {
      where,
      seen: seen || 'QEMU said nothing',
      next: 'DEBUG=stackrig:qemu shows the command line',
    })
    controller.abort(error)
  })
  return { signal: AbortSignal.any([controller.signal, sandbox.signal]), ended: ended.signal, ending }
}
