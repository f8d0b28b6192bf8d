import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Socket } from 'node:net'
import { hostFault, StackrigError } from '../errors/index.js'
import { plainImage } from '../images/index.js'
import { Sandbox } from '../sandbox/index.js'
import { rejection } from '../time-limit.js'
import { Turns } from '../turns.js'
import { nodeLane, noTimeline, type Timeline } from '../timeline/index.js'
import { makeFolder } from '../make-folder.js'
import { attachNode, bootSharedNode } from './attach-node.js'
import { bootNode, newDisk, type BootNodeOptions } from './boot-node.js'
import type { FaultMaker, Faults } from './faults.js'
import { addressOf } from './host-names.js'
import { writeRecord } from './kept.js'
import { networkPlan, type Launched, type MachineOptions } from './launch.js'
import type { ClusterMoment, MomentForkOptions, MomentOptions, MomentSaver } from './moment-saver.js'
import { RunningNode } from './node.js'
import type { Origin } from './origin.js'
import { dumpPackets } from './packet-dump.js'
import { namesOf } from './roles.js'
import { withNode, type NodePlan, type Topology, type TopologyNode } from './topology.js'

/** What a cluster is made of, beside its topology. */
export interface ClusterOptions extends MachineOptions {
  /** Where the nodes' consoles are written to; default: the sandbox's folder, which goes with it. */
  logFolder?: string | undefined
  /** Where the nodes' disks lie; default: the sandbox's folder. */
  diskFolder?: string | undefined
  /** What happens to it is written there; default: nowhere. Where is said later by `tell`. */
  timeline?: Timeline | 'later' | undefined
  /** Makes its faults. */
  makeFaults?: FaultMaker | undefined
}

/** How the nodes of a cluster come to run. */
export interface StartOptions {
  /** Starts one node; all are started at the same time. */
  startNode: (node: TopologyNode, cluster: Cluster) => Promise<Launched>
  /** Ends the start. */
  signal?: AbortSignal | undefined
}

/**
 * The running nodes of one topology, in one sandbox. Disposing it ends them all and leaves nothing behind; disposing one that
 * another process started (`attachCluster`) lets go of it.
 */
export class Cluster<Name extends string = string> implements AsyncDisposable {
  readonly sandbox: Sandbox
  readonly machines: MachineOptions
  readonly logFolder: string
  readonly diskFolder: string
  /** Whether what happens to it is written down, now or later. */
  readonly isTold: boolean
  /** How far the clocks of the running nodes are behind the host's, ms; those of a fork went on from its snapshot. */
  clockBehind = 0
  /** The golden snapshot that it was forked off; undefined when it was booted. */
  origin: Origin | undefined
  /** Takes its moments; handed in by whoever forked it. */
  saver: MomentSaver<Name> | undefined
  /** Makes its faults, and those of its forks; handed in by whoever made it. */
  readonly makeFaults: FaultMaker | undefined
  /** Whether other processes may use it, too: it was started by one of them. */
  readonly isShared: boolean

  #timeline: Timeline
  readonly #failed = new AbortController()
  readonly #stopping = new AbortController()
  #faults: Faults<Name> | undefined
  #topology: Topology<Name>
  #nodes: readonly RunningNode[] = []
  /** Of nodes that are added: each needs the topology that the one before it made. */
  readonly #adding = new Turns()
  /** Of moments, and of nodes that are switched on. */
  readonly #still = new Turns()

  private constructor(topology: Topology<Name>, sandbox: Sandbox, options: ClusterOptions, isShared = false) {
    this.isShared = isShared
    const { accelerator, images, launcher } = options
    this.#topology = topology
    this.sandbox = sandbox
    this.machines = { accelerator, images, launcher }
    this.logFolder = options.logFolder ?? sandbox.folder
    this.diskFolder = options.diskFolder ?? sandbox.folder
    const { timeline = noTimeline } = options
    this.#timeline = timeline === 'later' ? noTimeline : timeline
    this.isTold = timeline !== noTimeline
    this.makeFaults = options.makeFaults
  }

  /**
   * Opens a sandbox and starts all nodes in it. When one fails, crashes while others still start, or the signal says so,
   * everything that was started is ended before the first failure is thrown.
   * @throws StackrigError those of `Sandbox.open` and of `startNode`.
   */
  static async start<Name extends string>(
    topology: Topology<Name>,
    options: ClusterOptions,
    { startNode, signal }: StartOptions,
  ): Promise<Cluster<Name>> {
    const cluster = new Cluster(topology, await Sandbox.open(networkPlan(topology)), options)
    // One of its own: the caller's signal outlives many clusters, and would keep a listener for each.
    const end = AbortSignal.any([cluster.signal, ...(signal ? [signal] : [])])
    try {
      makeFolder(cluster.logFolder)
      const starts = topology.nodes.map(async (plan) => cluster.#runs(plan, await startNode(plan, cluster)))
      cluster.#nodes = await Promise.race([Promise.all(starts), rejection(end)])
      return cluster
    } catch (cause) {
      // Whatever it was on the way that this machine refused.
      const error = hostFault(cause, `the nodes of ${topology.name} must start`, cluster.logFolder)
      cluster.#stopping.abort(error)
      await cluster.close()
      throw error
    }
  }

  /**
   * One whose nodes another process started, in this sandbox. See `attachCluster`.
   * @throws StackrigError those of `attachNode`.
   */
  static async attach(topology: Topology, sandbox: Sandbox, options: ClusterOptions): Promise<Cluster> {
    const cluster = new Cluster(topology, sandbox, options, true)
    try {
      const attached = topology.nodes.map(async (plan) =>
        cluster.#runs(plan, await attachNode(cluster, plan)),
      )
      cluster.#nodes = await Promise.all(attached)
      return cluster
    } catch (error) {
      await cluster.letGo()
      throw error
    }
  }

  get topology(): Topology<Name> {
    return this.#topology
  }

  /** That of the scenario which it belongs to. */
  get timeline(): Timeline {
    return this.#timeline
  }

  /** From now on what happens to it is told there: to one whose timeline was to come later. */
  async tell(timeline: Timeline): Promise<void> {
    this.#timeline = timeline
    await Promise.all(this.#nodes.map(({ machine }) => dumpPackets(timeline, machine)))
  }

  get nodes(): readonly RunningNode[] {
    return this.#nodes
  }

  /** Aborted, with the reason, as soon as any node cannot go on. */
  get signal(): AbortSignal {
    return this.#failed.signal
  }

  /** Aborted when the cluster is given up: a wait of a node that still starts would keep the process alive. */
  get stopping(): AbortSignal {
    return this.#stopping.signal
  }

  /** What can be made wrong with it. @throws StackrigError USAGE when whoever made it handed in no faults. */
  get faults(): Faults<Name> {
    this.#faults ??= this.makeFaults?.(this)
    if (this.#faults) return this.#faults
    throw new StackrigError('USAGE', 'whoever makes a cluster hands in what makes its faults', {
      where: `cluster ${this.#topology.name}`,
      next: 'the cluster of a scenario, and that of bootCloud, have them',
    })
  }

  /** By its name; an all-in-one also by the names of the nodes it stands for. @throws StackrigError CLUSTER_UNKNOWN */
  node(name: Name): RunningNode {
    const node = this.#nodes.find(({ plan }) => namesOf(plan).includes(name))
    if (node) return node
    throw new StackrigError('CLUSTER_UNKNOWN', `there must be a node ${name}`, {
      seen: this.#nodes.map((candidate) => candidate.name).join(', '),
    })
  }

  /**
   * Gives one more node a tap and boots it from an image of the topology, as that image was shipped: `provision` then
   * tells it, and all others, who is who. Of several, each begins when the one before has ended.
   * @throws StackrigError TOPOLOGY_INVALID or IMAGE_MISSING before anything is started, and those of `bootNode`.
   */
  addNode(name: string, plan: NodePlan): Promise<RunningNode> {
    return this.#adding.take(() => this.#addNext(name, plan))
  }

  async #addNext(name: string, plan: NodePlan): Promise<RunningNode> {
    const topology = withNode(this.#topology, name, plan)
    const index = topology.nodes.findIndex((candidate) => candidate.name === name)
    const node = topology.nodes[index]
    if (!node) throw new TypeError(`withNode gave no ${name}`)
    await newDisk(this, node)
    await this.sandbox.addTap({ name: node.hostName, address: node.address }, index)
    try {
      const { address } = node
      const data = { node: name, address }
      const text = `it joins at ${address}`
      this.timeline.add({ lane: nodeLane(name), kind: 'join', text, data })
      const added = this.#runs(node, await this.boot(node, { topology }))
      this.#topology = topology
      this.#nodes = [...this.#nodes, added]
      return added
    } catch (error) {
      await this.sandbox.removeTap(index)
      throw error
    }
  }

  /** Switches a node on. @throws StackrigError those of `bootNode`. */
  boot(node: TopologyNode, options: BootNodeOptions = {}): Promise<Launched> {
    return this.isShared ? bootSharedNode(this, node, options) : bootNode(this, node, options)
  }

  /** Of a moment and the start of a machine neither begins in the middle of the other: what starts would not stand still. */
  undisturbed<T>(work: () => Promise<T>): Promise<T> {
    return this.saver ? this.#still.take(work) : work()
  }

  #runs(plan: TopologyNode, launched: Launched): RunningNode {
    // One that still boots ends no wait: so it is of one that is switched on.
    if (!launched.isBooting) this.watch(launched)
    return new RunningNode(plan, this, launched)
  }

  /** What ends a machine unasked ends every wait on the cluster. */
  watch({ signal }: Launched): void {
    whenAborted(signal, (reason) => this.#failed.abort(reason))
  }

  /**
   * Saves what the cluster is now, so that it can be gone back to; the guests notice nothing but a pause. Of several, each
   * begins when the one before is kept.
   * @throws StackrigError USAGE when it is no fork of a golden snapshot; HOST_DISK; HOST_MEMORY when what is copied has no room.
   */
  async moment(name: string, options: MomentOptions = {}): Promise<ClusterMoment<Name>> {
    if (this.saver) {
      const t = Date.now()
      const moment = await this.saver.take(name, options)
      const data = { step: name, folder: moment.folder }
      this.timeline.add({ t, end: Date.now(), lane: 'harness', kind: 'moment', text: `moment ${name}`, data })
      return moment
    }
    throw new StackrigError('USAGE', 'a moment can be taken of a fork of a golden snapshot', {
      where: `cluster ${this.#topology.name}`,
      seen: 'it was booted, or shares nothing with a snapshot, or that is gone',
    })
  }

  /** A running copy of what the cluster is now, in a sandbox of its own. @throws StackrigError as `moment`. */
  async fork(options: MomentForkOptions = {}): Promise<Cluster<Name>> {
    return (await this.moment('fork')).fork(options)
  }

  /** A TCP connection from the cluster's network; `host` is a node's name, its host name, or an address. */
  dial = (host: string, port: number): Promise<Socket> =>
    this.sandbox.dial(addressOf(this.topology, host), port)

  /** Ends the cluster when a signal says so, for as long as it lives: what waits for one of its nodes ends with it. */
  closeWhen(signal: AbortSignal | undefined): void {
    signal?.addEventListener('abort', () => void this.close(), { once: true, signal: this.stopping })
  }

  /** Ends the cluster, for all that use it. */
  async close(): Promise<void> {
    this.#stopping.abort()
    await this.sandbox.close()
  }

  /**
   * Leaves the cluster running, also when this process ends, for `attachCluster`; this object is of no use any more.
   * @param name by which it is found
   * @throws StackrigError SANDBOX_DIED
   */
  async keep(name: string): Promise<void> {
    const { folder } = this.sandbox
    if (this.diskFolder !== folder)
      throw new TypeError('the disks of a kept cluster must lie in its own folder')
    const { accelerator, launcher, images } = this.machines
    const started = new Date().toISOString()
    const { clockBehind, topology, logFolder } = this
    const used = new Set(topology.nodes.map(({ image }) => image))
    // In this order: the record of a sandbox that is not kept goes with it.
    writeRecord(folder, {
      ...{ name, started, accelerator, launcher, clockBehind, topology, saver: this.saver?.record },
      images: [...images.values()].filter((image) => used.has(image.name)).map(plainImage),
      ...(logFolder !== folder && { logFolder }),
    })
    await this.sandbox.keep()
    await this.letGo()
  }

  /**
   * Lets go of a cluster that others use, too, when commands that were given up have ended, and what this process has made wrong
   * with it is healed. Rejects, when it has let go, with what could not be healed.
   */
  async letGo(): Promise<void> {
    try {
      await this.#faults?.heal()
    } finally {
      // What follows logs ends, and gives its channel up.
      this.#stopping.abort()
      await nextTurn()
      await Promise.all(this.#nodes.map((node) => node.letGo()))
      this.sandbox.detach()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await (this.isShared ? this.letGo() : this.close())
  }
}

function whenAborted(signal: AbortSignal, then: (reason: unknown) => void): void {
  if (signal.aborted) then(signal.reason)
  else signal.addEventListener('abort', () => then(signal.reason), { once: true })
}
