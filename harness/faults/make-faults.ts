import type {
  Cluster,
  Ends,
  Fault,
  FaultEvent,
  FaultMaker,
  Faults,
  LinkOptions,
  RunningNode,
  Share,
} from '../cluster/index.js'
import { milliseconds, type Duration } from '../duration.js'
import { clockJump, clockSkew } from './clock.js'
import { DiskErrors, diskFull, diskReadOnly, diskSlow, type DiskError } from './disk.js'
import { Register, type Begun } from './fault.js'
import { requireThat } from './impossible.js'
import type { Effect } from './link-faults.mjs'
import { Links } from './links.js'
import { Names } from './names.js'
import { freeze, kill, load, memoryPressure, off, pause } from './node-faults.js'
import { acrossGroups, between, describePairs, type Pair } from './pairs.js'
import { Wire } from './wire.js'

/** What a cluster is handed by whoever makes it. */
export const makeFaults: FaultMaker = (cluster) => new ClusterFaults(cluster)

/** `Faults` of harness/cluster has the words for each. */
class ClusterFaults<Name extends string> implements Faults<Name> {
  readonly #cluster: Cluster<Name>
  /** For those who look at nodes whatever their names. */
  readonly #any: Cluster
  readonly #register: Register
  readonly #links: Links
  readonly #names: Names
  readonly #diskErrors = new Map<Name, DiskErrors>()

  constructor(cluster: Cluster<Name>) {
    this.#cluster = cluster
    this.#any = cluster
    this.#register = new Register(cluster.stopping)
    this.#register.onChange(({ fault, on, phase, at, text }) =>
      cluster.timeline.add({ t: at, lane: 'harness', kind: 'fault', text, data: { fault, on, phase } }),
    )
    const wire = new Wire(this.#any)
    this.#links = new Links(this.#any, wire)
    this.#names = new Names(this.#any, wire)
  }

  get holding(): readonly Fault[] {
    return this.#register.holding
  }

  heal(): Promise<void> {
    return this.#register.heal()
  }

  onChange(listener: (event: FaultEvent) => void): () => void {
    return this.#register.onChange(listener)
  }

  cut(from: Ends<Name>, to: Ends<Name> = '*', options: LinkOptions = {}): Promise<Fault> {
    return this.#onLinks('cut', this.#between(from, to, options), options, { kind: 'cut' })
  }

  partition(groups: readonly (readonly Name[])[], options: LinkOptions = {}): Promise<Fault> {
    for (const name of groups.flat()) this.#cluster.node(name)
    return this.#onLinks('partition', acrossGroups(groups), options, { kind: 'cut' })
  }

  delay(
    from: Ends<Name>,
    to: Ends<Name>,
    options: LinkOptions & { by: Duration; jitter?: Duration },
  ): Promise<Fault> {
    const effect = {
      ...{ kind: 'delay' as const, by: milliseconds(options.by), jitter: milliseconds(options.jitter ?? 0) },
    }
    return this.#onLinks('delay', this.#between(from, to, options), options, effect)
  }

  loss(from: Ends<Name>, to: Ends<Name>, options: LinkOptions & Share): Promise<Fault> {
    return this.#byShare('loss', from, to, options)
  }

  duplicate(from: Ends<Name>, to: Ends<Name>, options: LinkOptions & Share): Promise<Fault> {
    return this.#byShare('duplicate', from, to, options)
  }

  corrupt(from: Ends<Name>, to: Ends<Name>, options: LinkOptions & Share): Promise<Fault> {
    return this.#byShare('corrupt', from, to, options)
  }

  reorder(
    from: Ends<Name>,
    to: Ends<Name>,
    options: LinkOptions & Share & { by?: Duration },
  ): Promise<Fault> {
    requireShare(options.share)
    const effect = { kind: 'reorder' as const, share: options.share, by: milliseconds(options.by ?? 20) }
    return this.#onLinks('reorder', this.#between(from, to, options), options, effect)
  }

  bandwidth(
    from: Ends<Name>,
    to: Ends<Name>,
    options: LinkOptions & { bytesPerSecond: number },
  ): Promise<Fault> {
    const { bytesPerSecond: rate } = options
    requireThat(rate > 0, 'a link must let something pass', `${rate} bytes a second`)
    return this.#onLinks('bandwidth', this.#between(from, to, options), options, { kind: 'bandwidth', rate })
  }

  pause(...names: Name[]): Promise<Fault> {
    const nodes = names.map((name) => this.#cluster.node(name))
    requireThat(nodes.length > 0, 'a node must be named that is to stand still', 'none was named')
    return this.#register.begin('pause', names.join(', '), () => pause(this.#any, nodes))
  }

  powerCut(name: Name): Promise<Fault> {
    return this.#onNode('powerCut', name, (node) => off(node, 'powerCut'))
  }

  crash(name: Name): Promise<Fault> {
    return this.#onNode('crash', name, (node) => off(node, 'crash'))
  }

  restart(name: Name): Promise<Fault> {
    return this.#onNode('restart', name, (node) => off(node, 'restart'))
  }

  kill(name: Name, service: string): Promise<Fault> {
    return this.#onNode('kill', name, (node) => kill(node, service), service)
  }

  freeze(name: Name, service: string): Promise<Fault> {
    return this.#onNode('freeze', name, (node) => freeze(node, service), service)
  }

  load(name: Name, options: { programs?: number } = {}): Promise<Fault> {
    const programs = options.programs ?? this.#cluster.node(name).machine.spec.cpus
    requireThat(Number.isInteger(programs) && programs > 0, 'a load must be of some programs', `${programs}`)
    return this.#onNode('load', name, (node) => load(node, programs), `${programs} programs`)
  }

  memoryPressure(name: Name, { leave }: { leave: number }): Promise<Fault> {
    requireThat(leave >= 0, 'memory that is left cannot be less than none', `${leave} MiB`)
    return this.#onNode('memoryPressure', name, (node) => memoryPressure(node, leave), `${leave} MiB left`)
  }

  clockJump(name: Name, { by, back = false }: { by: Duration; back?: boolean }): Promise<Fault> {
    const jump = milliseconds(by) * (back ? -1 : 1)
    requireThat(jump % 1000 === 0 && jump !== 0, 'a clock jumps by whole seconds', `${jump} ms`)
    return this.#onNode('clockJump', name, (node) => clockJump(node, jump), `${jump / 1000} s`)
  }

  clockSkew(name: Name, { rate }: { rate: number }): Promise<Fault> {
    requireThat(rate >= 0.9 && rate <= 1.1, 'a clock runs at 0.9 to 1.1 of its rate (adjtimex(2))', `${rate}`)
    return this.#onNode('clockSkew', name, (node) => clockSkew(node, rate), `rate ${rate}`)
  }

  diskFull(name: Name, { path = '/', leave = 0 }: { path?: string; leave?: number } = {}): Promise<Fault> {
    return this.#onNode('diskFull', name, (node) => diskFull(node, path, leave), path)
  }

  diskErrors(name: Name, error: DiskError): Promise<Fault> {
    const where = error.sector === undefined ? error.on : `${error.on}, sector ${error.sector}`
    return this.#onNode('diskErrors', name, (node) => this.#diskErrorsOf(name, node).begin(error), where)
  }

  diskSlow(
    name: Name,
    {
      bytesPerSecond = 0,
      operationsPerSecond = 0,
    }: { bytesPerSecond?: number; operationsPerSecond?: number },
  ): Promise<Fault> {
    const isSlow = bytesPerSecond > 0 || operationsPerSecond > 0
    requireThat(isSlow, 'a slow disk does so many bytes or operations a second', 'neither was given')
    return this.#onNode('diskSlow', name, (node) => diskSlow(node, bytesPerSecond, operationsPerSecond))
  }

  diskReadOnly(name: Name, { path }: { path?: string } = {}): Promise<Fault> {
    return this.#onNode('diskReadOnly', name, (node) => diskReadOnly(node, path), path)
  }

  nameWrong(name: Name, host: string, address: string): Promise<Fault> {
    return this.#onNames('nameWrong', name, { name: host, address })
  }

  nameSlow(name: Name, host: string, { by }: { by: Duration }): Promise<Fault> {
    return this.#onNames('nameSlow', name, { name: host, address: undefined, by: milliseconds(by) })
  }

  nameMissing(name: Name, host: string): Promise<Fault> {
    return this.#onNames('nameMissing', name, { name: host, address: undefined })
  }

  #between(from: Ends<Name>, to: Ends<Name>, { oneWay = false }: LinkOptions): Pair[] {
    const names = this.#cluster.nodes.map(({ name }) => name)
    for (const end of [from, to].flat()) if (end !== '*') this.#cluster.node(end as Name)
    return between(names, from, to, oneWay)
  }

  #byShare(
    kind: 'loss' | 'duplicate' | 'corrupt',
    from: Ends<Name>,
    to: Ends<Name>,
    options: LinkOptions & Share,
  ): Promise<Fault> {
    requireShare(options.share)
    return this.#onLinks(kind, this.#between(from, to, options), options, { kind, share: options.share })
  }

  #onLinks(fault: string, pairs: Pair[], { port, seed = 1 }: LinkOptions, effect: Effect): Promise<Fault> {
    requireThat(pairs.length > 0, 'a link must have two ends', 'no node is left for the other end')
    const on = `${describePairs(pairs)}${port === undefined ? '' : `, port ${port}`}`
    return this.#register.begin(fault, on, async () => {
      const end = await this.#links.begin({ pairs, port, seed, effect })
      return { heal: async () => ({ text: `${fault} on ${on} ends; it touched ${await end()} frames` }) }
    })
  }

  #onNode(
    fault: string,
    name: Name,
    begin: (node: RunningNode) => Promise<Begun>,
    what?: string,
  ): Promise<Fault> {
    const node = this.#cluster.node(name)
    return this.#register.begin(fault, what === undefined ? name : `${name}: ${what}`, () => begin(node))
  }

  #onNames(
    fault: string,
    name: Name,
    wanted: { name: string; address: string | undefined; by?: number },
  ): Promise<Fault> {
    return this.#onNode(fault, name, (node) => this.#names.begin(fault, { node, ...wanted }), wanted.name)
  }

  #diskErrorsOf(name: Name, node: RunningNode): DiskErrors {
    const errors = this.#diskErrors.get(name) ?? new DiskErrors(node)
    this.#diskErrors.set(name, errors)
    return errors
  }
}

function requireShare(share: number): void {
  requireThat(share >= 0 && share <= 1, 'a share is between 0 and 1', `${share}`)
}
