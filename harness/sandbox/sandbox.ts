import { randomBytes } from 'node:crypto'
import { spawn, type ChildProcess } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { messageOf, StackrigError } from '../errors.js'
import { logger } from '../log.js'
import { askAgent, tunnel } from './agent-client.js'
import { networkBatch, tapBatch, tapName, type NetworkPlan } from './network.js'
import { makeRunFolder } from './run-folder.js'

const agent = fileURLToPath(new URL('agent.mjs', import.meta.url))
const log = logger('sandbox')

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

  private readonly socket: string
  private closing = false

  private constructor(folder: string, pid: number, ended: Promise<void>) {
    this.folder = folder
    this.pid = pid
    this.socket = join(folder, 'agent.sock')
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
    // `detached` keeps a terminal's Ctrl-C away from the machines: the owner hears it, and ends them in order.
    const child = spawn(
      'unshare',
      [
        '--user',
        '--map-root-user',
        '--net',
        '--pid',
        '--fork',
        '--kill-child',
        '--mount-proc',
        process.execPath,
        agent,
        folder,
      ],
      { stdio: ['pipe', 'pipe', 'pipe'], detached: true },
    )
    const ended = new Promise<void>((resolve) => {
      child.once('exit', () => resolve())
      child.once('error', () => resolve())
    })
    const ready = firstLine(child)
    child.stdin.on('error', () => undefined)
    child.stdin.write(
      JSON.stringify({
        batch: networkBatch(network),
        hosts: Object.fromEntries(network.hosts.map(({ name, address }) => [name, address])),
      }) + '\n',
    )
    const answer = await ready
    if (answer.error !== undefined || child.pid === undefined)
      throw openingError(answer.error ?? 'no answer', folder)
    child.stdout.destroy()
    child.stderr.destroy()
    child.unref()
    unreferStdin(child)
    log('opened %s, process %d', folder, child.pid)
    return new Sandbox(folder, child.pid, ended)
  }

  /**
   * Joins a sandbox that another process left running with `keep`.
   * @throws StackrigError CLUSTER_UNKNOWN when nothing answers there.
   */
  static async join(folder: string, pid: number): Promise<Sandbox> {
    const sandbox = new Sandbox(folder, pid, new Promise(() => undefined))
    sandbox.closing = true
    await askAgent(sandbox.socket, 'run', { command: ['true'] }).catch((error: unknown) => {
      throw new StackrigError('CLUSTER_UNKNOWN', 'this cluster is not running any more', {
        where: folder,
        cause: error,
      })
    })
    return sandbox
  }

  /** Starts a program that belongs to the sandbox; its output is appended to the two files. */
  async start(name: string, command: string[], output: { stdout: string; stderr: string }): Promise<number> {
    const { pid } = await askAgent<{ pid: number }>(this.socket, 'start', { name, command, ...output })
    return pid
  }

  /** Resolves when that program has ended. */
  exit(name: string, signal?: AbortSignal): Promise<ProgramEnd> {
    return askAgent<ProgramEnd>(this.socket, 'exit', { name }, signal)
  }

  async kill(name: string, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    await askAgent(this.socket, 'kill', { name, signal })
  }

  /** Gives one more host a tap on the bridge, and makes its name known to `port` and `dial`. */
  async plugIn(host: { name: string; address: string }, index: number): Promise<void> {
    const { status, output } = await this.run(['ip', '-batch', '-'], tapBatch(index).join('\n'))
    if (status !== 0) {
      throw new StackrigError('SANDBOX_DIED', `${host.name} must get a tap`, {
        seen: output,
        where: this.folder,
      })
    }
    await askAgent(this.socket, 'host', host)
  }

  /** Takes that tap away again; a sandbox that is gone has none. */
  async unplug(index: number): Promise<void> {
    await this.run(['ip', 'link', 'delete', tapName(index)]).catch(() => undefined)
  }

  /** Runs a short program inside the sandbox, as its root. */
  run(command: string[], input?: string): Promise<{ status: number; output: string }> {
    return askAgent(this.socket, 'run', { command, input })
  }

  /**
   * Waits inside the sandbox until host:port accepts a connection.
   * @param patience ms after which it answers what was last seen instead.
   */
  async port(
    host: string,
    port: number,
    patience: number,
    signal?: AbortSignal,
  ): Promise<{ open: boolean; seen?: string }> {
    return askAgent(this.socket, 'port', { host, port, patience }, signal)
  }

  /** A TCP connection to host:port inside the sandbox, as a stream of the outside. */
  dial = (host: string, port: number): Promise<Socket> => tunnel(this.socket, host, port)

  /** The words to put before a command so that it runs in this sandbox's network (nsenter(1)). */
  enter(): string[] {
    return ['nsenter', '--preserve-credentials', '--user', '--net', `--target=${String(this.pid)}`]
  }

  /** Lets the sandbox outlive this process; `join` and `close` find it again. */
  async keep(): Promise<void> {
    await askAgent(this.socket, 'keep', {})
    this.closing = true
  }

  /** Ends every process of the sandbox and removes its folder. */
  async close(): Promise<void> {
    this.closing = true
    await askAgent(this.socket, 'stop', {}).catch(() => undefined)
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

/** The first line the agent says, or what it said instead before it ended. */
function firstLine(child: ChildProcess): Promise<{ ready?: true; error?: string }> {
  return new Promise((resolve) => {
    let complaints = ''
    child.stderr?.on('data', (data) => (complaints += String(data)))
    child.once('error', (error) => resolve({ error: error.message }))
    child.once('close', () => resolve({ error: complaints || 'it ended without a word' }))
    if (!child.stdout) return
    createInterface({ input: child.stdout }).once('line', (line) => {
      resolve(JSON.parse(line) as { ready?: true; error?: string })
    })
  })
}

function openingError(seen: string, where: string): StackrigError {
  if (/unshare failed|uid_map|setgroups/.test(seen)) {
    return new StackrigError('HOST_NO_USER_NAMESPACES', 'user namespaces must be allowed for this user', {
      seen,
      next: 'sudo sysctl -w user.max_user_namespaces=15000 kernel.unprivileged_userns_clone=1 (where they exist)',
    })
  }
  // In a container the device may be there, and opening it forbidden. These are the words of ip(8).
  if (/TUNSETIFF|^ip: open:/m.test(seen)) return noTun(seen)
  const [, program] = /spawn (\S+) ENOENT/.exec(seen) ?? []
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
