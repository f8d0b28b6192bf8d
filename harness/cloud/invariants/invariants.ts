import type { Cluster } from '../../cluster/index.js'
import { messageOf, StackrigError } from '../../errors/index.js'
import { nodeLane } from '../../timeline/index.js'
import { waitFor, type Seen } from '../../waits/index.js'
import { cloudOf } from '../cloud-of.js'
import { lookAtCloud } from './cloud-state.js'
import { lookAtFirst, type Look } from './look-at-nodes.js'
import { brokenInvariants } from './rules.js'
import type { Broken } from './state.js'

/** How long a cloud may take to come to rest when a scenario has ended. */
const timeToRest = '2min'

/** What must hold of a cloud after whatever was done with it. */
export class Invariants {
  readonly #cluster: Cluster
  /** What the nodes said when the scenario began. */
  readonly #before: Promise<Look>
  /** Services that a fault has ended: `SERVICE on NODE`. */
  readonly #killed = new Set<string>()

  /** Asks the nodes at once what has happened until now. */
  constructor(cluster: Cluster) {
    this.#cluster = cluster
    this.#before = lookAtFirst(cluster, (node, error) => {
      const text = `what ${node} was like at the beginning is not known: ${messageOf(error)}`
      cluster.timeline.add({ lane: nodeLane(node), kind: 'note', text })
    })
    // It is told of at the end.
    this.#before.catch(() => undefined)
    cluster.faults.onChange(({ fault, on }) => {
      const [node = '', service = ''] = on.split(': ')
      if (fault === 'kill') this.#killed.add(`${service} on ${node}`)
    })
  }

  /**
   * Heals what is left of faults; looks once when all is well, and not at all while a node is off. What may only be in the
   * middle of something is given two minutes.
   * @throws StackrigError INVARIANT_BROKEN naming all that does not hold; those of clients and nodes.
   */
  async check(): Promise<void> {
    const cluster = this.#cluster
    await cluster.faults.heal()
    const off = cluster.nodes.filter(({ isOn }) => !isOn)
    if (off.length > 0) {
      const states = off.map(({ name, isBooting }) => `${name} ${isBooting ? 'boots' : 'is off'}`)
      const text = `what must hold of a cloud was not looked at: ${states.join(', ')}`
      cluster.timeline.add({ lane: 'harness', kind: 'note', text })
      return
    }
    const { boots, restarts, queues, places } = await this.#before
    const before = { boots, restarts, queues, killed: this.#killed }
    using cloud = cloudOf(cluster)
    let broken: Broken[] = []
    const look = async (): Promise<Seen<undefined>> => {
      broken = brokenInvariants(await lookAtCloud(cluster, cloud, places), before)
      const isOver = broken.every(({ mayPass }) => !mayPass)
      return isOver ? { done: true, value: undefined } : { done: false, seen: textOf(broken) }
    }
    const rest = { what: 'the cloud to be at rest', probe: look }
    await waitFor(rest, { timeout: timeToRest, interval: '2s', signal: cluster.signal }).catch(
      (error: unknown) => {
        if (broken.length === 0) throw error
      },
    )
    if (broken.length === 0) return
    throw new StackrigError('INVARIANT_BROKEN', 'a cloud must be whole when a scenario has ended', {
      where: `cluster ${cluster.topology.name}`,
      seen: textOf(broken),
      next: 'scenario(topology, { invariants: false }) leaves this out',
    })
  }
}

const textOf = (broken: readonly Broken[]): string => broken.map(({ text }) => text).join('\n')
