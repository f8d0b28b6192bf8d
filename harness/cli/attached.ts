import type { Socket } from 'node:net'
import { join } from 'node:path'
import type { Topology } from '../cluster/index.js'
import type { ClusterLookedAt, NodeLookedAt } from '../diagnosis/index.js'
import { StackrigError } from '../errors/index.js'
import { errorPort, outputPort, Shell, ShellChannel } from '../guest/index.js'
import { connectWhenListening, portSocket } from '../qemu/index.js'
import { Sandbox } from '../sandbox/index.js'
import { prepare } from '../scenario/index.js'
import { forkCluster } from '../snapshot/index.js'
import { findStart, findTopology } from './find-fixture.js'
import type { RunningCluster } from './running.js'

/** A cluster that `up` left running, as the diagnosis looks at it; closing it leaves it running. */
export class AttachedCluster implements ClusterLookedAt, Disposable {
  readonly topology: Topology
  readonly nodes: readonly AttachedNode[]
  readonly signal: AbortSignal
  readonly clockBehind: number
  readonly origin: ClusterLookedAt['origin']
  readonly #sandbox: Sandbox

  private constructor(
    running: RunningCluster,
    {
      topology,
      nodes,
      sandbox,
      signal,
    }: { topology: Topology; nodes: AttachedNode[]; sandbox: Sandbox; signal: AbortSignal },
  ) {
    this.topology = topology
    this.nodes = nodes
    this.signal = signal
    this.#sandbox = sandbox
    this.clockBehind = running.origin?.clockBehind ?? 0
    this.origin = running.origin && originOf(running.origin)
  }

  /** @throws StackrigError USAGE when its topology is no more, and those of `Sandbox.attach`. */
  static async open(running: RunningCluster, signal: AbortSignal): Promise<AttachedCluster> {
    const topology = await findTopology(running.topology)
    const sandbox = await Sandbox.attach(running.folder)
    const nodes = await Promise.all(
      topology.nodes.map((plan) => AttachedNode.open(running.folder, plan, signal)),
    )
    return new AttachedCluster(running, { topology, nodes, sandbox, signal })
  }

  dial = (host: string, port: number): Promise<Socket> => {
    const node = this.topology.nodes.find(({ name, hostName }) => [name, hostName].includes(host))
    return this.#sandbox.dial(node?.address ?? host, port)
  };

  [Symbol.dispose](): void {
    for (const node of this.nodes) node.close()
    this.#sandbox.detach()
  }
}

function originOf({
  start,
  folder,
  key,
  made,
}: NonNullable<RunningCluster['origin']>): NonNullable<ClusterLookedAt['origin']> {
  return {
    ...{ folder, key, made: new Date(made) },
    fork: async (options) => {
      const snapshot = start === undefined ? undefined : await prepare(await findStart(start), options)
      if (snapshot?.key === key) return forkCluster(snapshot, options)
      throw new StackrigError(
        'SNAPSHOT_BROKEN',
        `${start ?? 'a snapshot'} must be what the cluster was forked off`,
        {
          where: folder,
          seen: `it comes to ${snapshot?.folder ?? 'nothing that has a name'} now`,
          next: 'npx stackrig down, and up again',
        },
      )
    },
  }
}

/** Channels that no other command of ours uses (shell.ts): one ends what hangs on the other two. */
const channels = [0, 1, 2]

/** A node of a cluster that another process left running. */
class AttachedNode implements NodeLookedAt {
  readonly plan: Topology['nodes'][number]
  readonly #shell: Shell | undefined

  private constructor(plan: Topology['nodes'][number], shell: Shell | undefined) {
    this.plan = plan
    this.#shell = shell
  }

  static async open(
    folder: string,
    plan: Topology['nodes'][number],
    signal: AbortSignal,
  ): Promise<AttachedNode> {
    const late = new AbortController()
    // QEMU listens for as long as it runs.
    const timer = setTimeout(() => late.abort(new Error('its machine does not listen')), 5_000)
    const connect = (port: string): Promise<Socket> =>
      connectWhenListening(join(folder, portSocket(plan.name, port)), AbortSignal.any([signal, late.signal]))
    try {
      const opened = await Promise.all(
        channels.map(
          async (number) =>
            new ShellChannel(plan.name, await connect(outputPort(number)), await connect(errorPort(number))),
        ),
      )
      const shell = new Shell(plan.name, opened, signal)
      await shell.start('20s').catch(() => undefined)
      return new AttachedNode(plan, shell)
    } catch {
      signal.throwIfAborted()
      return new AttachedNode(plan, undefined)
    } finally {
      clearTimeout(timer)
    }
  }

  get name(): string {
    return this.plan.name
  }

  get isOn(): boolean {
    return this.#shell !== undefined
  }

  execute: NodeLookedAt['execute'] = (command, options) => {
    if (this.#shell) return this.#shell.execute(command, options)
    throw new StackrigError('USAGE', `${this.name} must be on to run a command`)
  }

  close(): void {
    this.#shell?.close()
  }
}
