import type { Cluster } from '../cluster/index.js'
import type { Effect, LinkFault } from './link-faults.mjs'
import { spliceIn, type Relay } from './relay.js'
import { Turns } from '../turns.js'
import type { Wire } from './wire.js'

/** What a fault on links is told to be. */
export interface LinkPlan {
  /** Names of nodes: from the first to the second. */
  pairs: [from: string, to: string][]
  port: number | undefined
  seed: number
  effect: Effect
}

/** The faults on the links of a cluster. Links lead through the wire while faults hold on them, and no longer. */
export class Links {
  readonly #cluster: Cluster
  readonly #wire: Wire
  readonly #relays = new Map<string, Relay>()
  #faults: readonly LinkFault[] = []
  #lastId = 0
  /** Of changes. */
  readonly #turns = new Turns()

  constructor(cluster: Cluster, wire: Wire) {
    this.#cluster = cluster
    this.#wire = wire
  }

  /** Resolves, when the fault holds, with what ends it: that resolves with the number of frames that were touched. */
  async begin({ port, ...plan }: LinkPlan): Promise<() => Promise<number>> {
    const fault: LinkFault = { id: ++this.#lastId, ...plan, ...(port !== undefined && { port }) }
    await this.#turns.take(async () => {
      await this.#splice(fault.pairs.flat())
      await this.#hold([...this.#faults, fault])
    })
    return () =>
      this.#turns.take(async () => {
        const touched = await this.#hold(this.#faults.filter(({ id }) => id !== fault.id))
        await this.#unspliceUnused()
        return touched[String(fault.id)] ?? 0
      })
  }

  async #hold(faults: readonly LinkFault[]): Promise<Record<string, number>> {
    const touched = await this.#wire.ask<Record<string, number>>('faults', faults)
    this.#faults = faults
    return touched
  }

  /** Both ends of a pair: what a node sends may bear the address of a guest on it, which is learned where it comes from. */
  async #splice(nodes: readonly string[]): Promise<void> {
    const { sandbox } = this.#cluster
    const missing = [...new Set(nodes)].filter((name) => !this.#relays.has(name))
    await Promise.all(
      missing.map(async (name) => {
        const { machine, plan } = this.#cluster.node(name)
        await this.#wire.ask('splice', { node: name, mac: plan.mac })
        const connected = (): Promise<unknown> => this.#wire.ask('whole', { node: name })
        this.#relays.set(name, await spliceIn(sandbox, { node: name, tap: machine.spec.tap, connected }))
      }),
    )
  }

  async #unspliceUnused(): Promise<void> {
    const used = new Set(this.#faults.flatMap(({ pairs }) => pairs.flat()))
    const unused = [...this.#relays].filter(([name]) => !used.has(name))
    await Promise.all(
      unused.map(async ([name, relay]) => {
        this.#relays.delete(name)
        await relay.remove()
        await this.#wire.ask('unsplice', { node: name })
      }),
    )
  }
}
