import { randomBytes } from 'node:crypto'
import { spawn, type ChildProcess } from 'node:child_process'
import { accessSync, closeSync, constants, openSync } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { createInterface, type Interface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import { messageOf, StackrigError } from '../errors/index.js'
import { logger } from '../log.js'
import { askAgent, tunnel } from './agent-client.js'
import { networkBatch, tapBatch, tapName, type NetworkPlan } from './network.js'
import { agentSocket, agentListens, makeRunFolder } from './run-folder.js'

const agent = fileURLToPath(new URL('agent.mjs', import.meta.url))
const log = logger('sandbox')

/**
 * Process 1 before it becomes the agent: makes bridge and taps, and what booting nodes have as memory, which is private
 * to the sandbox and goes with it. Programs can be started when it has said so, while the agent still loads. When nobody
 * hears it any more, the agent removes the folder.
 */
const setUp = `printf '%s\\n' "$0" | ip -batch - &&
  mount -t tmpfs -o size=100%,mode=700 stackrig /dev/shm || exit
  echo ready
  exec "$@"`

/** A program that runs in a sandbox. */
export interface Program {
  /** Resolves when it has ended. */
  ended: Promise<ProgramEnd>
  /** Ends it, and what it started, at once. */
  kill(): void
}

/** How a program in the sandbox ended. */
export interface ProgramEnd {
  status: number | null
  signal: string | null
}

/**
 * The user, network, mount and process namespaces one cluster lives in (namespaces(7)), with process 1 in it.
 * When its owner's end of standard input closes, however that happens, process 1 ends and the kernel ends all the rest.
 */
export class Sandbox implements AsyncDisposable {
  /** Sockets, disks and logs of this sandbox; removed with it. */
  readonly folder: string
  /** The outermost process; it lives as long as the sandbox. */
  readonly pid: number
  /** Aborted with SANDBOX_DIED when the sandbox ends unasked. */
  readonly signal: AbortSignal

  /** Resolves when the agent can be asked. */
  private readonly listening: Promise<unknown>
  private closing = false

  private constructor(folder: string, pid: number, listening: Promise<unknown>, ended: Promise<void>) {
    this.folder = folder
    this.pid = pid
    this.listening = listening
    const died = new AbortController()
    this.signal = died.signal
    void ended.then(() => {
      if (this.closing) return
      died.abort(
        new StackrigError('SANDBOX_DIED', 'the processes of the cluster ended unasked', { where: folder }),
      )
    })
  }

  /**
   * Makes the namespaces, the bridge and the taps.
   * @throws StackrigError HOST_NO_TUN, HOST_NO_USER_NAMESPACES, HOST_PROGRAM_MISSING, SANDBOX_DIED
   */
  static async open(network: NetworkPlan): Promise<Sandbox> {
    checkTun()
    const folder = await makeRunFolder(randomBytes(4).toString('hex'))
    try {
      return await Sandbox.openIn(folder, network)
    } catch (error) {
      await rm(folder, { recursive: true, force: true })
      throw error
    }
  }

  private static async openIn(folder: string, network: NetworkPlan): Promise<Sandbox> {
    const hosts = Object.fromEntries(network.hosts.map(({ name, address }) => [name, address]))
    // `detached` keeps a terminal's Ctrl-C away from the machines: the owner hears it, and ends them in order.
    const child = spawn(
      'unshare',
      [
        ...['--user', '--map-root-user', '--net', '--pid', '--fork', '--kill-child', '--mount-proc'],
        ...['sh', '-c', setUp, networkBatch(network).join('\n')],
        ...[process.execPath, agent, folder, JSON.stringify(hosts)],
      ],
      { cwd: folder, stdio: ['pipe', 'pipe', 'pipe'], detached: true },
    )
    const ended = new Promise<void>((resolve) => {
      child.once('exit', () => resolve())
      child.once('error', () => resolve())
    })
    child.stdin.on('error', () => undefined)
    const lines = createInterface({ input: child.stdout })
    const complaint = whyEnded(child)
    const says = (word: string): Promise<void> =>
      Promise.race([said(lines, word), complaint]).catch((error: unknown) => {
        throw openingError(messageOf(error), folder)
      })
    const listening = says('listening').finally(() => {
      child.stdout.destroy()
      child.stderr.destroy()
    })
    listening.catch(() => undefined)
    await says('ready')
    child.unref()
    unreferStdin(child)
    log('opened %s, process %d', folder, child.pid)
    return new Sandbox(folder, child.pid ?? 0, listening, ended)
  }

  /**
   * Joins a sandbox that another process left running with `keep`.
   * @throws StackrigError CLUSTER_UNKNOWN when nothing answers there.
   */
  static async attach(folder: string, pid: number): Promise<Sandbox> {
    if (!(await agentListens(folder))) {
      throw new StackrigError('CLUSTER_UNKNOWN', 'this cluster is not running any more', { where: folder })
    }
    const sandbox = new Sandbox(folder, pid, Promise.resolve(), new Promise(() => undefined))
    sandbox.closing = true
    return sandbox
  }

  /** Starts a program that belongs to the sandbox, in its folder; what it says is appended to a file. */
  start(command: string[], words: string): Program {
    const [program = '', ...args] = this.enterWhole(command)
    const output = openSync(words, 'a')
    // Of its own process group: what it starts is ended with it.
    const child = spawn(program, args, { stdio: ['ignore', output, output], detached: true })
    closeSync(output)
    const ended = new Promise<ProgramEnd>((resolve) => {
      child.once('exit', (status, signal) => resolve({ status, signal }))
      child.once('error', () => resolve({ status: 127, signal: null }))
    })
    const kill = (): void => {
      const running = child.exitCode === null && child.signalCode === null
      if (running && child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
    }
    return { ended, kill }
  }

  /** Gives one more host a tap on the bridge, and makes its name known to `port` and `dial`. */
  async addTap(host: { name: string; address: string }, index: number): Promise<void> {
    const { status, output } = await this.run(['ip', '-batch', '-'], tapBatch(index).join('\n'))
    if (status !== 0) {
      throw new StackrigError('SANDBOX_DIED', `${host.name} must get a tap`, {
        seen: output,
        where: this.folder,
      })
    }
    await this.ask('host', host)
  }

  /** Takes that tap away again; a sandbox that is gone has none. */
  async removeTap(index: number): Promise<void> {
    await this.run(['ip', 'link', 'delete', tapName(index)])
  }

  /** Runs a short program inside the sandbox, as its root. */
  async run(command: string[], input = ''): Promise<{ status: number; output: string }> {
    const [program = '', ...args] = this.enterWhole(command)
    const { exitCode = 128, all } = await execa(program, args, { input, all: true, reject: false })
    return { status: exitCode, output: all }
  }

  /** Whether programs can still be started: not after process 1 has ended, however little before. */
  async isAlive(): Promise<boolean> {
    return (await this.run(['true'])).status === 0
  }

  /**
   * Waits inside the sandbox until host:port accepts a connection.
   * @param options.timeout ms after which it answers what was last seen instead.
   */
  async port(
    host: string,
    port: number,
    { timeout, signal }: { timeout: number; signal?: AbortSignal },
  ): Promise<{ open: boolean; seen?: string }> {
    return this.ask('port', { host, port, timeout }, signal)
  }

  /** A TCP connection to host:port inside the sandbox, as a stream of the outside. */
  dial = async (host: string, port: number): Promise<Socket> => {
    await this.listening
    return tunnel(agentSocket(this.folder), host, port)
  }

  private async ask<T>(what: string, body: unknown, signal?: AbortSignal): Promise<T> {
    await this.listening
    return askAgent<T>(agentSocket(this.folder), what, body, signal)
  }

  /** The words to put before a command so that it runs in this sandbox's network (nsenter(1)). */
  enter(): string[] {
    return ['nsenter', '--preserve-credentials', '--user', '--net', `--target=${this.pid}`]
  }

  /** A command as it is run in all namespaces of the sandbox, in its folder. The outermost process is in all but one. */
  private enterWhole(command: string[]): string[] {
    return [...this.enter(), '--mount', `--pid=/proc/${this.pid}/ns/pid_for_children`, '--wd', ...command]
  }

  /** Lets the sandbox outlive this process; `attach` and `close` find it again. */
  async keep(): Promise<void> {
    await this.ask('keep', {})
    this.closing = true
  }

  /** Ends every process of the sandbox and removes its folder. */
  async close(): Promise<void> {
    this.closing = true
    await this.ask('stop', {}).catch(() => undefined)
    await waitForProcessEnd(this.pid)
    await rm(this.folder, { recursive: true, force: true })
    log('closed %s', this.folder)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

/** tun(4) is what taps are made with; udev's default lets everyone open it. */
function checkTun(): void {
  try {
    accessSync('/dev/net/tun', constants.R_OK | constants.W_OK)
  } catch (cause) {
    throw noTun(messageOf(cause), cause)
  }
}

function noTun(seen: string, cause?: unknown): StackrigError {
  return new StackrigError('HOST_NO_TUN', '/dev/net/tun must be there and open to this user', {
    seen,
    next: 'sudo modprobe tun && sudo chmod 0666 /dev/net/tun',
    cause,
  })
}

/** Resolves when this line is said. */
function said(lines: Interface, word: string): Promise<void> {
  return new Promise((resolve) => {
    lines.on('line', (line) => {
      if (line === word) resolve()
    })
  })
}

/** Rejects when the process has ended, with what it complained about. */
function whyEnded(child: ChildProcess): Promise<never> {
  let complaints = ''
  child.stderr?.on('data', (data) => (complaints += String(data)))
  const ended = new Promise<never>((_, reject) => {
    child.once('error', reject)
    child.once('close', () => reject(new Error(complaints || 'it ended without a word')))
  })
  ended.catch(() => undefined)
  return ended
}

function openingError(seen: string, where: string): StackrigError {
  if (/unshare failed|uid_map|setgroups/.test(seen)) {
    return new StackrigError('HOST_NO_USER_NAMESPACES', 'user namespaces must be allowed for this user', {
      seen,
      next: 'sudo sysctl -w user.max_user_namespaces=15000 kernel.unprivileged_userns_clone=1 (where they exist)',
    })
  }
  // In a container the device may be there, and opening it forbidden. These are the words of ip(8).
  if (/TUNSETIFF|^open: /m.test(seen)) return noTun(seen)
  const [program] = /(?<=spawn )\S+(?= ENOENT)|\S+(?=: (?:command )?not found)/.exec(seen) ?? []
  if (program !== undefined) {
    return new StackrigError('HOST_PROGRAM_MISSING', `${program} must be installed`, {
      seen,
      next: 'npx stackrig doctor',
    })
  }
  return new StackrigError('SANDBOX_DIED', 'the sandbox could not be made', { seen, where })
}

/** The channel must not keep this process alive, yet must stay open as long as it lives. */
function unreferStdin(child: ChildProcess): void {
  ;(child.stdin as unknown as Partial<{ unref(): void }>).unref?.()
}

async function waitForProcessEnd(pid: number): Promise<void> {
  const end = Date.now() + 10_000
  while (Date.now() < end) {
    // A zombie has no command line: it holds nothing any more.
    const commandLine = await readFile(`/proc/${String(pid)}/cmdline`, 'utf8').catch(() => '')
    if (commandLine === '') return
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}
