import { spawn, type ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import { messageOf, StackrigError } from '../errors/index.js'
import { harnessFile } from '../paths.js'
import type { Sandbox } from '../sandbox/index.js'
import { endsWithin, rejection, withTimeLimit } from '../time-limit.js'
import type { CallNote } from './note.js'
import { toldCall } from './told-call.js'

const program = harnessFile('record/api-proxy.mjs')

/** How long the proxy may take to begin, ms. */
const beginning = 60_000

/** How long it may take to tell what it knows, ms. */
const settling = 5000

/** A proxy in the network of a cluster, which tells of the calls that are made through it; it ends with this process. */
export class ApiCalls implements Disposable {
  /** For `http_proxy`, in that network. */
  address = ''
  readonly #child: ChildProcess
  readonly #settled = new Map<string, () => void>()
  #asked = 0

  private constructor(child: ChildProcess) {
    this.#child = child
  }

  /**
   * @param hosts the text of /etc/hosts by which it finds the nodes
   * @throws StackrigError SANDBOX_DIED when it does not begin; HOST_DISK, HOST_FOLDER
   */
  static async open(
    sandbox: Sandbox,
    { hosts, signal, told }: { hosts: string; signal: AbortSignal; told: (call: CallNote) => void },
  ): Promise<ApiCalls> {
    const [first = '', ...args] = sandbox.visiting([process.execPath, program], { hosts })
    // Of a terminal's Ctrl-C it hears nothing: it has none.
    const child = spawn(first, args, { stdio: ['pipe', 'pipe', 'ignore'], env: {}, detached: true })
    child.stdin.on('error', () => undefined)
    const late = (cause?: unknown): StackrigError =>
      new StackrigError('SANDBOX_DIED', 'the proxy that records calls must begin', {
        where: sandbox.folder,
        seen: cause === undefined ? 'nothing' : messageOf(cause),
        cause,
      })
    const calls = new ApiCalls(child)
    child.once('exit', () => {
      for (const resolve of calls.#settled.values()) resolve()
    })
    const port = new Promise<number>((resolve, reject) => {
      child.once('error', (error) => reject(late(error)))
      child.once('exit', (status) => reject(late(new Error(`it exited ${status}`))))
      createInterface({ input: child.stdout }).on('line', (line) => {
        const call = toldCall(line)
        if (call) {
          told(call)
          return
        }
        const { port: begun, until } = JSON.parse(line) as { port?: number; until?: string }
        if (begun !== undefined) resolve(begun)
        if (until !== undefined) calls.#settled.get(until)?.()
      })
    })
    try {
      calls.address = `http://127.0.0.1:${await withTimeLimit(
        { timeout: beginning, late, signals: [signal] },
        (over) => Promise.race([port, rejection(over)]),
      )}`
      return calls
    } catch (error) {
      child.kill('SIGKILL')
      throw error
    }
  }

  /** Resolves when every call that has ended was told. */
  async settle(): Promise<void> {
    const { stdin } = this.#child
    if (this.#child.exitCode !== null || this.#child.signalCode !== null || !stdin) return
    const name = String(++this.#asked)
    const told = new Promise<void>((resolve) => {
      this.#settled.set(name, resolve)
    })
    stdin.write(`${name}\n`)
    await endsWithin(settling, told)
    this.#settled.delete(name)
  }

  [Symbol.dispose](): void {
    this.#child.stdin?.end()
    this.#child.kill()
  }
}
