import { fileURLToPath } from 'node:url'
import { join } from 'node:path'
import type { Cluster } from '../cluster/index.js'
import { connectWhenListening } from '../qemu/index.js'
import { askAgent } from '../sandbox/index.js'
import { wireSocket } from './wire-streams.mjs'

const program = fileURLToPath(new URL('wire.mjs', import.meta.url))

/** How long it may take to answer, ms. */
const answerTime = 60_000

/** The wire of a cluster: it is started when it is first asked, and ends with the sandbox. */
export class Wire {
  readonly #cluster: Cluster
  #listening: Promise<void> | undefined

  constructor(cluster: Cluster) {
    this.#cluster = cluster
  }

  /** What it answers stands in wire.mjs. @throws StackrigError SANDBOX_DIED, HOST_LIMIT */
  async ask<T>(what: string, body: unknown): Promise<T> {
    this.#listening ??= this.#start()
    await this.#listening
    return askAgent<T>(this.#path, what, body, { timeout: answerTime })
  }

  get #path(): string {
    return join(this.#cluster.sandbox.folder, wireSocket)
  }

  async #start(): Promise<void> {
    const { sandbox, stopping } = this.#cluster
    sandbox.start([process.execPath, program], join(sandbox.folder, 'wire.log'))
    const socket = await connectWhenListening(this.#path, stopping)
    socket.destroy()
  }
}
