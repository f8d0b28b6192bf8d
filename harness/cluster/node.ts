import type { Socket } from 'node:net'
import { StackrigError } from '../errors.js'
import type { Duration } from '../duration.js'
import {
  commandText,
  lastLines,
  readFile,
  writeFile,
  type CommandResult,
  type CommandValue,
  type RunOptions,
  type Shell,
} from '../guest/index.js'
import { consoleSocket, type Machine } from '../qemu/index.js'
import type { Sandbox } from '../sandbox/index.js'
import { waitFor } from '../waits/index.js'
import type { TopologyNode } from './topology.js'

type Run = (strings: TemplateStringsArray, ...values: CommandValue[]) => Promise<string>

/** One running virtual machine whose shell answers. */
export class RunningNode {
  readonly name: string
  readonly plan: TopologyNode
  readonly machine: Machine
  /** Aborted when the node, or any other of its cluster, cannot go on. */
  readonly signal: AbortSignal
  private readonly shell: Shell
  private readonly sandbox: Sandbox

  constructor(plan: TopologyNode, machine: Machine, shell: Shell, sandbox: Sandbox, signal: AbortSignal) {
    this.name = plan.name
    this.plan = plan
    this.machine = machine
    this.shell = shell
    this.sandbox = sandbox
    this.signal = signal
  }

  /**
   * Runs a command as root and returns its standard output, without the last newline. Values in `${}` are one word
   * each, whatever they hold.
   * @throws StackrigError COMMAND_FAILED when it exits non-zero, WAIT_TIMEOUT after 2 min.
   */
  run: Run = (strings, ...values) => this.runWithin('2min')(strings, ...values)

  /** `run` for a command that may take longer: ``node.runWithin('5min')`openstack …` `` */
  runWithin =
    (deadline: Duration): Run =>
    async (strings, ...values) => {
      const result = await this.execute(commandText(strings, values), { deadline })
      if (result.exitCode === 0) return result.stdout.toString().replace(/\n$/, '')
      throw new StackrigError(
        'COMMAND_FAILED',
        `a command on ${this.name} must succeed, but exited ${result.exitCode}`,
        {
          where: result.command,
          seen: lastLines(`${result.stdout.toString()}\n${result.stderr.toString()}`, 20),
        },
      )
    }

  /** Runs a command as root, whatever its exit status. @throws StackrigError WAIT_TIMEOUT, SHELL_LOST */
  execute(command: string, options: RunOptions = {}): Promise<CommandResult> {
    return this.shell.execute(command, options)
  }

  /** Resolves when the command exits zero. @throws StackrigError WAIT_TIMEOUT with its last output. */
  async waitUntil(command: string, deadline: Duration, signal?: AbortSignal): Promise<string> {
    return waitFor(
      `\`${command}\` to succeed on ${this.name}`,
      async (expired) => {
        const result = await this.execute(command, { signal: expired })
        if (result.exitCode === 0) return { done: true, value: result.stdout.toString() }
        return {
          done: false,
          seen: lastLines(`${result.stdout.toString()}\n${result.stderr.toString()}`, 10),
        }
      },
      { deadline, signal: signal ? AbortSignal.any([signal, this.signal]) : this.signal },
    )
  }

  /** Resolves when the node accepts TCP connections there. @throws StackrigError WAIT_TIMEOUT */
  async waitForPort(port: number, deadline: Duration, signal?: AbortSignal): Promise<void> {
    await waitFor(
      `port ${port} of ${this.name}`,
      async (expired) => {
        const { open, seen } = await this.sandbox.port(this.plan.address, port, 5000, expired)
        return open ? { done: true, value: undefined } : { done: false, seen: seen ?? 'no answer' }
      },
      { deadline, every: 0, signal: signal ? AbortSignal.any([signal, this.signal]) : this.signal },
    )
  }

  /** Resolves when the shell answers. @throws StackrigError SHELL_LOST */
  answer(): Promise<void> {
    return this.shell.answer()
  }

  readFile(path: string): Promise<Buffer> {
    return readFile(this.shell, path)
  }

  writeFile(path: string, content: Buffer | string): Promise<void> {
    return writeFile(this.shell, path, content)
  }

  /** The raw serial console; QEMU serves one listener at a time. */
  openConsole(): Promise<Socket> {
    return this.machine.connect(consoleSocket(this.name))
  }

  get consoleLog(): string {
    return this.machine.spec.consoleLog
  }

  /** Pulls the cable: nothing goes to the node's network card or comes from it. Its shell and console go on. */
  async unplug(): Promise<void> {
    await this.setLink('down')
  }

  /** Puts the cable back. */
  async plugIn(): Promise<void> {
    await this.setLink('up')
  }

  private async setLink(state: 'up' | 'down'): Promise<void> {
    const command = ['ip', 'link', 'set', this.machine.spec.tap, state]
    const { status, output } = await this.sandbox.run(command)
    if (status === 0) return
    throw new StackrigError('COMMAND_FAILED', `the tap of ${this.name} must go ${state}`, {
      where: command.join(' '),
      seen: output,
    })
  }

  /** A power cut. */
  async powerOff(): Promise<void> {
    await this.machine.powerOff()
  }
}
