import type { Cluster, RunningNode } from '../cluster/index.js'
import type { Begun } from './fault.js'
import { withoutName } from './hosts-file.js'
import { impossible, requireOn } from './impossible.js'
import { Turns } from '../turns.js'
import type { Wire } from './wire.js'

const hostsFile = '/etc/hosts'
const resolverFile = '/etc/resolv.conf'

/** What is wrong with a name on a node. */
interface NameFault {
  node: RunningNode
  name: string
  /** What the name stands for on the node, or what is answered late. */
  address: string | undefined
  /** ms; of names that have to be asked for. */
  by?: number
}

/** The faults of names of a cluster. A node's files are as they were when none holds on it any more. */
export class Names {
  readonly #cluster: Cluster
  readonly #wire: Wire
  readonly #originals = new Map<RunningNode, { hosts: string; resolver: string }>()
  #faults: readonly NameFault[] = []
  readonly #turns = new Turns()

  constructor(cluster: Cluster, wire: Wire) {
    this.#cluster = cluster
    this.#wire = wire
  }

  async begin(fault: string, wanted: NameFault): Promise<Begun> {
    const { node, name } = wanted
    requireOn(node, fault)
    return this.#turns.take(async () => {
      const { hosts } = await this.#originalOf(node)
      const { addresses } = withoutName(hosts, name)
      if (addresses.length === 0 && fault !== 'nameWrong') {
        throw impossible(fault, node.name, `${name} is not in its ${hostsFile}`)
      }
      const held = wanted.by === undefined ? wanted : { ...wanted, address: addresses[0] }
      await this.#hold([...this.#faults, held], node)
      return {
        heal: () =>
          this.#turns.take(async () => {
            await this.#hold(
              this.#faults.filter((other) => other !== held),
              node,
            )
            return {}
          }),
      }
    })
  }

  async #originalOf(node: RunningNode): Promise<{ hosts: string; resolver: string }> {
    const read = async (path: string): Promise<string> =>
      (await node.execute(`cat ${path}`)).stdout.toString()
    const original = this.#originals.get(node) ?? {
      hosts: await read(hostsFile),
      resolver: await read(resolverFile),
    }
    this.#originals.set(node, original)
    return original
  }

  async #hold(faults: readonly NameFault[], node: RunningNode): Promise<void> {
    const original = await this.#originalOf(node)
    const own = faults.filter((fault) => fault.node === node)
    const late = faults.flatMap(({ name, address, by }) => (by === undefined ? [] : [{ name, address, by }]))
    const { gateway } = this.#cluster.topology
    if (late.length > 0) await this.#wire.ask('names', { host: gateway, names: late })
    const isLate = own.some(({ by }) => by !== undefined)
    await node.writeFile(hostsFile, own.reduce(hostsWith, original.hosts))
    const resolver = isLate ? `nameserver ${gateway}\n` : original.resolver
    await node.writeFile(resolverFile, resolver)
    if (own.length === 0) this.#originals.delete(node)
    this.#faults = faults
  }
}

/** Another address, or none: then the name has to be asked for. */
function hostsWith(hosts: string, { name, address, by }: NameFault): string {
  const { text } = withoutName(hosts, name)
  return address === undefined || by !== undefined ? text : `${text}${address} ${name}\n`
}
