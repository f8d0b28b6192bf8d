import { dirname, join } from 'node:path'
import type { Cluster } from '../cluster/index.js'
import { StackrigError } from '../errors/index.js'
import { held, HeldLock } from '../held-lock.js'
import { harnessFile } from '../paths.js'
import { connectWhenListening } from '../qemu/index.js'
import { askAgent, type Program } from '../sandbox/index.js'
import { wireSocket } from './wire-streams.mjs'

const program = harnessFile('faults/wire.mjs')

/** How long it may take to answer, ms. */
const answerTime = 60_000

/**
 * The wire of a cluster: it is started when it is first asked, and ends with the sandbox, or when this process lets go of it. Of several
 * processes that use a cluster one has its wire.
 */
export class Wire {
  readonly #cluster: Cluster
  #listening: Promise<void> | undefined

  constructor(cluster: Cluster) {
    this.#cluster = cluster
  }

  /** What it answers stands in wire.mjs. @throws StackrigError SANDBOX_DIED, HOST_LIMIT, NODE_HELD, FAULT_IMPOSSIBLE */
  async ask<T>(what: string, body: unknown): Promise<T> {
    this.#listening ??= this.#start()
    await this.#listening
    return askAgent<T>(this.#path, what, body, { timeout: answerTime })
  }

  get #path(): string {
    return join(this.#cluster.sandbox.folder, wireSocket)
  }

  async #start(): Promise<void> {
    const { isShared, sandbox, stopping } = this.#cluster
    const lock = isShared ? await this.#takeAlone() : undefined
    const view = { reads: [dirname(program)] }
    const wire = sandbox.start([process.execPath, program], join(sandbox.folder, 'wire.log'), view)
    stopping.addEventListener('abort', () => void this.#end(wire, lock), { once: true })
    const socket = await connectWhenListening(this.#path, stopping)
    socket.destroy()
  }

  async #end(wire: Program, lock: HeldLock | undefined): Promise<void> {
    wire.kill()
    await lock?.giveBack()
  }

  async #takeAlone(): Promise<HeldLock> {
    const path = `${this.#path}.lock`
    const lock = await HeldLock.tryTake(path)
    if (!lock) throw held('the links of the cluster', [path])
    if (!lock.wasLeft) return lock
    await lock.giveBack(false)
    throw new StackrigError('FAULT_IMPOSSIBLE', 'nothing may be wrong with the links that nobody can heal', {
      where: this.#cluster.sandbox.folder,
      seen: 'a process that had made faults on them was killed: they hold',
      next: 'npx stackrig down ends the cluster',
    })
  }
}
