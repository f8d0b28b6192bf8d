import type { Cluster } from './cluster.js'

/** What a cluster was forked off: a fork of it is what the cluster was before anything was done to it. */
export interface Origin {
  /** Folder of the golden snapshot. */
  readonly folder: string
  /** Tells golden snapshots apart. */
  readonly key: string
  /** The time that the nodes' clocks showed when they were saved. */
  readonly made: Date
  /** A fresh fork, in a sandbox of its own. */
  fork(options?: { signal?: AbortSignal | undefined }): Promise<Cluster>
}
