import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { StackrigError } from '../errors.js'
import type { Sandbox } from '../sandbox/index.js'
import { directCommand, qmpSocket, type MachineSpec } from './command.js'
import { connectWhenListening, Qmp } from './qmp.js'
import { runqemuCommand } from './runqemu.js'

/** One QEMU process in a sandbox, and its control connection. It ends with the sandbox. */
export class Machine {
  readonly spec: MachineSpec
  readonly pid: number
  readonly qmp: Qmp
  /** Aborted with QEMU_DIED, and QEMU's last words, when the process ends unasked. */
  readonly signal: AbortSignal
  /** Aborted when the process has ended, asked or not. */
  readonly ended: AbortSignal

  private readonly sandbox: Sandbox
  private readonly ending: { asked: boolean }

  private constructor(sandbox: Sandbox, spec: MachineSpec, pid: number, qmp: Qmp, death: Death) {
    this.sandbox = sandbox
    this.spec = spec
    this.pid = pid
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
    const pid = await sandbox.start(spec.name, command, { stdout: words, stderr: words })
    const death = watch(sandbox, spec, words)
    const qmp = await Qmp.connect(join(sandbox.folder, qmpSocket(spec.name)), spec.name, death.signal)
    return new Machine(sandbox, spec, pid, qmp, death)
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

  /** Ends QEMU at once, as a power cut does. */
  async powerOff(): Promise<void> {
    if (this.ended.aborted) return
    this.ending.asked = true
    const ended = this.sandbox.exit(this.spec.name)
    // Not by a signal: QEMU may be a child of runqemu's, which would leave it behind. It need not answer before it ends;
    // long after, the name is another process's.
    const kill = async (): Promise<void> => {
      if (!this.ended.aborted) await this.sandbox.kill(this.spec.name)
    }
    await Promise.race([this.qmp.execute('quit').catch(kill), ended])
    await ended
    this.qmp.close()
  }

  /** Resolves when the guest has switched the machine off: from now on that is no crash. */
  async switchedOff(signal: AbortSignal): Promise<void> {
    this.ending.asked = true
    await this.sandbox.exit(this.spec.name, signal)
    this.qmp.close()
  }
}

interface Death {
  signal: AbortSignal
  ended: AbortSignal
  ending: { asked: boolean }
}

function watch(sandbox: Sandbox, spec: MachineSpec, words: string): Death {
  const controller = new AbortController()
  const ended = new AbortController()
  const ending = { asked: false }
  sandbox.exit(spec.name).then(
    async ({ status, signal }) => {
      ended.abort()
      if (ending.asked) return
      const seen = await readFile(words, 'utf8').catch(() => '')
      const how = signal ? `signal ${signal}` : `exit status ${status ?? 'unknown'}`
      const error = new StackrigError('QEMU_DIED', `QEMU of node ${spec.name} must run, but ended (${how})`, {
        where: `node ${spec.name}, image ${spec.image.name}`,
        seen: seen || 'QEMU said nothing',
        next: 'DEBUG=stackrig:* shows the command line',
      })
      controller.abort(error)
    },
    // Nobody is left to ask. What still waits for this machine would wait for ever.
    () => {
      ended.abort()
      controller.abort(new StackrigError('SANDBOX_DIED', `the sandbox of node ${spec.name} is gone`))
    },
  )
  return { signal: AbortSignal.any([controller.signal, sandbox.signal]), ended: ended.signal, ending }
}
