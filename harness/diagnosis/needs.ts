import {
  openstackParts,
  openstackPurposes,
  type Contract,
  type Part,
  type Purpose,
} from '../contract/index.js'
import type { Topology } from '../cluster/index.js'

/**
 * What needs what, as names of things: `node N`, `network N` (N's connection to the others), `part P@N` (a part of the software on a
 * node), `reach N P` (N's way to a part), `report P@N` (what others think of it), `said P@N` (what its log says), `purpose U`, and
 * `tunnels`, `addresses` (what instances get from DHCP).
 */
export class Needs {
  readonly parts: Readonly<Record<string, Part>>
  readonly purposes: Readonly<Record<string, Purpose>>
  readonly #topology: Topology
  readonly #below = new Map<string, ReadonlySet<string>>()

  constructor(topology: Topology) {
    this.#topology = topology
    const { contract } = topology
    this.parts = contract.parts ?? (contract.cloud ? openstackParts : ownServices(contract))
    this.purposes = contract.purposes ?? (contract.cloud ? openstackPurposes : ownPurpose(this.parts))
  }

  /** The nodes that a part's services run on. */
  nodesOf(part: string): string[] {
    return this.#topology.nodes
      .filter(({ role }) => this.#servicesOf(part, role).length > 0)
      .map(({ name }) => name)
  }

  /** The parts on a node. */
  partsOn(node: string): string[] {
    return Object.keys(this.parts).filter((part) => this.nodesOf(part).includes(node))
  }

  /** The parts that a service of the contract is, or a unit with its name. */
  partsOfService(service: string): string[] {
    const name = baseName(service)
    return Object.entries(this.parts)
      .filter(([, { services }]) => services.includes(name))
      .map(([part]) => part)
  }

  #servicesOf(part: string, role: string): string[] {
    const promised = this.#topology.contract.roles[role]?.services ?? []
    const { services = [] } = this.parts[part] ?? {}
    return promised.filter((service) => services.includes(baseName(service)))
  }

  /** Everything that a thing cannot do without, itself too. */
  below(thing: string): ReadonlySet<string> {
    const known = this.#below.get(thing)
    if (known) return known
    const found = new Set<string>()
    const open = [thing]
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (found.has(next)) continue
      found.add(next)
      open.push(...this.#direct(next))
    }
    this.#below.set(thing, found)
    return found
  }

  #direct(thing: string): string[] {
    const [kind = '', ...rest] = thing.split(' ')
    const what = rest.join(' ')
    const [part = '', node = ''] = what.split('@')
    switch (kind) {
      case 'report':
      case 'said':
        return [`part ${what}`]
      case 'network':
        return [`node ${what}`]
      case 'reach': {
        const [from = '', ...name] = rest
        const to = this.nodesOf(name.join(' '))
        return to.flatMap((one) => (one === from ? [] : [`network ${from}`, `network ${one}`]))
      }
      case 'part': {
        const needs = (this.parts[part]?.needs ?? []).filter((need) => this.nodesOf(need).length > 0)
        const whose = (need: string): string[] => (localTo(need) ? [node] : this.nodesOf(need))
        const reached = needs.flatMap((need) => [
          ...whose(need).map((on) => `part ${need}@${on}`),
          ...(this.parts[need]?.ports ? [`reach ${node} ${need}`] : []),
        ])
        return [`node ${node}`, ...reached]
      }
      case 'purpose': {
        const { needs = [] } = this.purposes[what] ?? {}
        const parts = needs.flatMap((need) => this.nodesOf(need).map((on) => `part ${need}@${on}`))
        const links = ['address', 'route', 'metadata'].includes(what) ? ['addresses', 'tunnels'] : []
        return [...parts, ...links]
      }
      case 'tunnels':
      case 'addresses':
        return this.nodesOf('switch agent').flatMap((on) => [`network ${on}`, `part switch@${on}`])
      default:
        return []
    }
  }
}

/** What is needed on the very node, whichever others have it. */
const localTo = (part: string): boolean => ['libvirt', 'switch', 'switch agent'].includes(part)

const baseName = (service: string): string =>
  service.replace(/\.(service|socket)$/, '').split('@', 1)[0] ?? ''

/** Where nobody has said what needs what, each service is a part of its own. */
function ownServices({ roles }: Contract): Record<string, Part> {
  const services = [...new Set(Object.values(roles).flatMap((role) => role.services))]
  return Object.fromEntries(
    services.map((service) => [
      service,
      { services: [baseName(service)], paths: [`/etc/${service}`, `/var/lib/${service}`] },
    ]),
  )
}

const ownPurpose = (parts: Readonly<Record<string, Part>>): Record<string, Purpose> => ({
  everything: { needs: Object.keys(parts), words: '.' },
})
