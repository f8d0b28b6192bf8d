import type { Cluster } from './cluster.js'
import type { Origin } from './origin.js'

/** How a moment is taken. */
export interface MomentOptions {
  /** The folder that the moment's own folder is made in; default: one that goes with the cluster. */
  root?: string | undefined
  /** Called when the nodes go on, before what was saved is kept. */
  onResumed?: (() => void) | undefined
  /** Before it begins. */
  signal?: AbortSignal | undefined
}

export interface MomentForkOptions {
  /** Where the nodes' consoles are written to; default: the sandbox's folder, which goes with it. */
  logFolder?: string | undefined
  signal?: AbortSignal | undefined
}

/** A saved instant of a running cluster. */
export interface ClusterMoment<Name extends string = string> {
  readonly name: string
  /** Where it lies. */
  readonly folder: string
  /** How long the nodes stood still for it, ms. */
  readonly pause: number
  /** A running copy of what the cluster was then. */
  fork(options?: MomentForkOptions): Promise<Cluster<Name>>
}

/** What takes the moments of a cluster: how they are saved is known below this room. */
export interface MomentSaver<Name extends string = string> {
  take(name: string, options?: MomentOptions): Promise<ClusterMoment<Name>>
  /** The golden snapshot that they stand on. */
  readonly origin: Origin
  /** What another process needs to take moments of the same cluster, as JSON has it. */
  readonly record: unknown
}

/** What takes the moments of a cluster that another process started, by the record of that process's; undefined when none can be taken. */
export type SaverMaker = <Name extends string>(
  cluster: Cluster<Name>,
  record: unknown,
) => MomentSaver<Name> | undefined
