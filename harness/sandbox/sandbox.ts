import { randomBytes } from 'node:crypto'
import { rm } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { hostFault, StackrigError, systemCode } from '../errors/index.js'
import { logger, reached } from '../log.js'
import { askAgent, tunnel } from './agent-client.js'
import { endOf, waitForEnd } from './ending.js'
import { foundProgram } from './found-program.js'
import type { Namespaces } from './namespaces.js'
import { tapBatch, tapName, type NetworkPlan } from './network.js'
import { openNamespaces } from './opening.js'
import { findOutermost, noteOutermost } from './outermost.js'
import { isRunning, type ProcessIdentity } from './process-identity.js'
import { runProgram, startProgram, type Program, type ShortRun } from './program.js'
import { publishPorts, type Confined, type PublishedPort } from './published.js'
import { confine } from './confine.js'
import { Mounts } from './mounts.js'
import { programFolders } from './program-folders.js'
import { agentSocket, makeRunFolder } from './run-folder.js'
import type { View } from './view.js'
import { visit, visiting, type VisitOptions } from './visit.js'

const log = logger('sandbox')

/** How long the agent may take to answer what it knows, and to end its sandbox, before that is killed, ms. */
const answerTime = 5000

interface Parts {
  /** The outermost process; it lives as long as the sandbox. */
  identity: ProcessIdentity
  namespaces: Namespaces
  listening: Promise<unknown>
  ended: Promise<void>
}

/**
 * The user, network, mount and process namespaces one cluster lives in (namespaces(7)), with process 1 in it.
 * When its owner's end of standard input closes, however that happens, process 1 ends and the kernel ends all the rest.
 */
export class Sandbox implements AsyncDisposable {
  /** Sockets, disks and logs of this sandbox; removed with it. */
  readonly folder: string
  /** Aborted with SANDBOX_DIED when the sandbox ends unasked. */
  readonly signal: AbortSignal

  readonly #identity: ProcessIdentity
  readonly #namespaces: Namespaces
  /** Resolves when the agent can be asked. */
  readonly #listening: Promise<unknown>
  readonly #ended: Promise<void>
  #mounts: Mounts | undefined
  #closing = false
  #closed: Promise<void> | undefined

  private constructor(folder: string, { identity, namespaces, listening, ended }: Parts) {
    this.folder = folder
    this.#identity = identity
    this.#namespaces = namespaces
    this.#listening = listening
    this.#ended = ended
    const died = new AbortController()
    this.signal = died.signal
    void ended.then(() => {
      if (this.#closing) return
      died.abort(
        new StackrigError('SANDBOX_DIED', 'the processes of the cluster ended unasked', { where: folder }),
      )
    })
  }

  /** The outermost process, for people: the sandbox is entered by the namespaces that are held. */
  get pid(): number {
    return this.#identity.pid
  }

  /**
   * Makes the namespaces, the bridge and the taps.
   * @throws StackrigError those of `makeRunFolder` and `openNamespaces`.
   */
  static async open(network: NetworkPlan): Promise<Sandbox> {
    const id = randomBytes(4).toString('hex')
    const folder = await makeRunFolder(id)
    try {
      const opened = await openNamespaces(folder, network)
      reached(`sandbox ${id}`, 'it is open')
      opened.listening.then(
        () => reached(`sandbox ${id}`, 'its agent listens'),
        () => undefined,
      )
      const sandbox = new Sandbox(folder, opened)
      await sandbox.#note()
      return sandbox
    } catch (error) {
      // Why it could not be opened is the reason to tell.
      await rm(folder, { recursive: true, force: true }).catch(() => undefined)
      throw error
    }
  }

  async #note(): Promise<void> {
    try {
      noteOutermost(this.folder, this.#identity)
      log('opened %s, process %d', this.folder, this.pid)
    } catch (error) {
      await this.close().catch(() => undefined)
      throw error
    }
  }

  /**
   * Joins a sandbox that another process left running with `keep`; `folder` is one of `runFolders`.
   * @throws StackrigError CLUSTER_UNKNOWN when nothing of this user's lives there.
   */
  static async attach(folder: string): Promise<Sandbox> {
    const { identity, namespaces } = await findOutermost(folder)
    const sandbox = new Sandbox(folder, {
      ...{ identity, namespaces },
      listening: Promise.resolve(),
      ended: new Promise(() => undefined),
    })
    sandbox.#closing = true
    return sandbox
  }

  /**
   * Starts a program that belongs to the sandbox, in its folder; what it says is appended to a file. It has no capabilities, and
   * sees no more of this machine's files than its view.
   * @throws StackrigError SANDBOX_DIED, HOST_DISK, HOST_FOLDER, HOST_LIMIT
   */
  start(command: string[], words: string, view: View = {}): Program {
    const confined = this.#confined(command, view, this.#namespaces.numbers)
    const program = startProgram(this.#namespaces, confined, words)
    // nsenter (util-linux 2.38) stops with its program, and then does not hear that it has ended.
    void this.#ended.then(() => program.kill())
    return program
  }

  /**
   * Makes ports of nodes ports of 127.0.0.1 of this machine, for as long as the sandbox is there; where one is in use, another.
   * @throws StackrigError HOST_LIMIT
   */
  publish(ports: readonly Omit<PublishedPort, 'at'>[]): Promise<PublishedPort[]> {
    const confined: Confined = (command, view) => this.#confined(command, view, this.#namespaces.numbers)
    return publishPorts(this.#namespaces, this.folder, ports, confined)
  }

  /** A command that sees no more than its view, for those that enter the sandbox. @param closing descriptors that it shall not have */
  #confined(command: readonly string[], view: View, closing: readonly number[]): string[] {
    const reads = [...(view.reads ?? []), ...programFolders(command[0])]
    const options = { folder: this.folder, mounts: this.#seen, closing }
    return [...confine({ ...view, reads }, options), ...command]
  }

  /** Nobody mounts anything in a sandbox after it was made. */
  get #seen(): Mounts {
    try {
      this.#mounts ??= Mounts.of(this.#identity.pid)
      return this.#mounts
    } catch (error) {
      if (['ENOENT', 'ESRCH'].includes(systemCode(error))) throw this.#gone(error)
      throw hostFault(error, 'the mounts of a sandbox must be read', this.folder)
    }
  }

  #gone(cause?: unknown): StackrigError {
    return new StackrigError('SANDBOX_DIED', 'the sandbox must be there', { where: this.folder, cause })
  }

  /** A program of the sandbox that another process started, by its number in the sandbox; looked at until `forget`. */
  find(pid: number, forget: AbortSignal): Program {
    return foundProgram(
      () => this.processFolder(pid),
      () => void this.run(['kill', '-KILL', String(pid)]),
      forget,
    )
  }

  /** Gives one more host a tap on the bridge, and makes its name known to `port` and `dial`. */
  async addTap(host: { name: string; address: string }, index: number): Promise<void> {
    const { status, output } = await this.run(['ip', '-batch', '-'], { input: tapBatch(index).join('\n') })
    if (status !== 0) {
      throw new StackrigError('SANDBOX_DIED', `${host.name} must get a tap`, {
        seen: output,
        where: this.folder,
      })
    }
    await this.#ask('host', host)
  }

  /** Takes that tap away again; a sandbox that is gone has none. */
  async removeTap(index: number): Promise<void> {
    await this.run(['ip', 'link', 'delete', tapName(index)])
  }

  /**
   * Runs a short program inside the sandbox, as its root.
   * @param options.timeout ms after which it is ended; default 10 min.
   */
  async run(command: string[], { input = '', timeout = 600_000 } = {}): Promise<ShortRun> {
    return runProgram(this.#namespaces, command, { input, timeout })
  }

  /**
   * Runs a program of this machine in the network of the sandbox, and otherwise as it would run here; resolves with its exit
   * status. What it starts is none of the sandbox's processes.
   * @param options.hosts the text of /etc/hosts that it sees (hosts(5))
   * @throws StackrigError HOST_LIMIT, HOST_DISK, HOST_FOLDER
   */
  visit(command: readonly string[], options: Omit<VisitOptions, 'hostsFile'>): Promise<number> {
    return visit(this.#namespaces, command, { ...options, hostsFile: join(this.folder, 'hosts') })
  }

  /**
   * The words of a command that somebody else starts and that visits the sandbox in the same way; they hold as long as this process
   * and this object are in use.
   * @throws StackrigError HOST_DISK, HOST_FOLDER
   */
  visiting(command: readonly string[], { hosts }: { hosts: string }): string[] {
    return visiting(this.#namespaces, command, { hosts, hostsFile: join(this.folder, 'hosts') })
  }

  /**
   * Where this machine shows a process of the sandbox, by the number that it has in it: its owner reads and writes the
   * memory of its machines there (proc(5), /proc/PID/root).
   * @throws StackrigError SANDBOX_DIED
   */
  processFolder(pid: number): string {
    if (isRunning(this.#identity)) return `/proc/${this.#identity.pid}/root/proc/${pid}`
    throw this.#gone()
  }

  /** Whether programs can still be started: not after process 1 has ended, however little before. */
  async isAlive(): Promise<boolean> {
    return (await this.run(['true'], { timeout: 10_000 })).status === 0
  }

  /**
   * Waits inside the sandbox until host:port accepts a connection.
   * @param options.timeout ms after which it answers what was last seen instead.
   * @throws StackrigError SANDBOX_DIED, also for a host that is not of the topology.
   */
  async port(
    host: string,
    port: number,
    { timeout, signal }: { timeout: number; signal?: AbortSignal },
  ): Promise<{ open: boolean; seen?: string }> {
    // The last look may take a second more.
    const limits = { timeout: timeout + answerTime, signal }
    return this.#ask('port', { host, port, timeout }, limits)
  }

  /**
   * A TCP connection to host:port inside the sandbox, as a stream of the outside. Rejects with the `code` of the connection
   * inside, as ECONNREFUSED; with ETIMEDOUT after `timeout`, ms.
   * @throws StackrigError OUTSIDE_SANDBOX for a host that is not of the topology, before any name is looked up.
   */
  dial = async (host: string, port: number, { timeout = 60_000 } = {}): Promise<Socket> => {
    await this.#listening
    return tunnel(agentSocket(this.folder), host, port, timeout)
  }

  async #ask<T>(
    what: string,
    body: unknown,
    limits: { timeout: number; signal?: AbortSignal | undefined } = { timeout: answerTime },
  ): Promise<T> {
    await this.#listening
    return askAgent<T>(agentSocket(this.folder), what, body, limits)
  }

  /**
   * A command that somebody else starts, so that it runs in this sandbox as one that `start` starts, and ends with it
   * (nsenter(1)). It holds as long as this process and this object are in use.
   * @throws StackrigError SANDBOX_DIED, HOST_DISK, HOST_FOLDER, HOST_LIMIT
   */
  entering(command: readonly string[], view: View = {}): string[] {
    return [...this.#namespaces.wordsForOthers, ...this.#confined(command, view, [])]
  }

  /** Lets go of a sandbox that was attached to; it goes on, and this object is of no use any more. */
  detach(): void {
    this.#namespaces.close()
  }

  /** Lets the sandbox outlive this process; `attach` and `close` find it again. */
  async keep(): Promise<void> {
    await this.#ask('keep', {}, { timeout: 60_000 })
    this.#closing = true
  }

  /**
   * Ends every process of the sandbox and removes its folder. What does not end by itself within 5 s is killed.
   * @throws StackrigError SANDBOX_STUCK naming what remains.
   */
  async close(): Promise<void> {
    this.#closing = true
    this.#closed ??= this.#end()
    await this.#closed
  }

  async #end(): Promise<void> {
    const gone = Promise.race([this.#ended, waitForEnd(() => isRunning(this.#identity))])
    this.#ask('stop', {}).catch(() => undefined)
    try {
      await endOf(this.#identity, gone, answerTime)
    } finally {
      this.#namespaces.close()
    }
    await rm(this.folder, { recursive: true, force: true }).catch((error: unknown) => {
      throw hostFault(error, 'the folder of a sandbox must be removed', this.folder)
    })
    log('closed %s', this.folder)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}
