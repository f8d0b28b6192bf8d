import type { Duration } from '../duration.js'

/** Something that is not well, until it is healed: at the latest with its cluster. Healing it again does nothing. */
export interface Fault extends AsyncDisposable {
  /** As the method that began it. */
  readonly name: string
  /** What it is on, for people: `compute – controller, port 5672`. */
  readonly on: string
  /** False once it was healed. */
  readonly holds: boolean
  heal(): Promise<void>
}

/** The beginning or the end of a fault. */
export interface FaultEvent {
  fault: string
  on: string
  phase: 'begin' | 'end'
  /** The host's clock, ms since 1970. */
  at: number
  /** One line for people. */
  text: string
  /** What this did to clocks of nodes: from now on they are so much further, ms, and run at another rate than 1. */
  clocks?: readonly ClockChange[]
}

export interface ClockChange {
  node: string
  /** Below 0 when the clock went back, or stood still. */
  moved: number
  rate?: number
}

/** One or several nodes, or every other node of the cluster. */
export type Ends<Name extends string> = Name | readonly Name[] | '*'

export interface LinkOptions {
  /** Only from the first to the second; default: both ways. */
  oneWay?: boolean | undefined
  /** Only TCP and UDP with this port at either end. */
  port?: number | undefined
  /** Of what is left to chance; default 1. */
  seed?: number | undefined
}

/** How often it happens to a frame, from 0 to 1. */
export interface Share {
  share: number
}

/**
 * Faults on the links, nodes, clocks, disks and names of a running cluster. Each resolves when it holds; what cannot be had on
 * a node is refused with FAULT_IMPOSSIBLE, or USAGE, before anything is done. `to` is every other node when it is left out.
 */
export interface Faults<Name extends string = string> {
  /** No frame passes. */
  cut(from: Ends<Name>, to?: Ends<Name>, options?: LinkOptions): Promise<Fault>
  /** No frame passes between nodes of different groups. */
  partition(groups: readonly (readonly Name[])[], options?: Omit<LinkOptions, 'oneWay'>): Promise<Fault>
  /** Each frame takes so much longer, give or take `jitter`; they arrive in order. Round trips grow by twice that. */
  delay(
    from: Ends<Name>,
    to: Ends<Name>,
    options: LinkOptions & { by: Duration; jitter?: Duration },
  ): Promise<Fault>
  loss(from: Ends<Name>, to: Ends<Name>, options: LinkOptions & Share): Promise<Fault>
  duplicate(from: Ends<Name>, to: Ends<Name>, options: LinkOptions & Share): Promise<Fault>
  /** Some frames wait, default 20 ms, and are overtaken. */
  reorder(from: Ends<Name>, to: Ends<Name>, options: LinkOptions & Share & { by?: Duration }): Promise<Fault>
  /** One bit of a frame is wrong; the checksums of IP, TCP and UDP find it. */
  corrupt(from: Ends<Name>, to: Ends<Name>, options: LinkOptions & Share): Promise<Fault>
  /** What would have to wait for more than a second is lost. */
  bandwidth(
    from: Ends<Name>,
    to: Ends<Name>,
    options: LinkOptions & { bytesPerSecond: number },
  ): Promise<Fault>

  /** The nodes stand still, and their clocks with them. */
  pause(...nodes: Name[]): Promise<Fault>
  /** What was not written to the disk is lost; healing boots the node. */
  powerCut(node: Name): Promise<Fault>
  /** A kernel panic, by sysrq; healing boots the node. No crash to `cluster.signal`. */
  crash(node: Name): Promise<Fault>
  /** The node is shut down in order; healing boots it. */
  restart(node: Name): Promise<Fault>
  /** SIGKILL to all processes of a service; healing starts it, unless its init system has already. */
  kill(node: Name, service: string): Promise<Fault>
  /** SIGSTOP to all processes of a service; healing is SIGCONT. */
  freeze(node: Name, service: string): Promise<Fault>
  /** So many programs that use a processor each; default as many as the node has. */
  load(node: Name, options?: { programs?: number }): Promise<Fault>
  /** Memory is taken until only so much is available, MiB. */
  memoryPressure(node: Name, options: { leave: number }): Promise<Fault>

  /** The clock goes forward; back with `back`. Healing takes the same way back. */
  clockJump(node: Name, options: { by: Duration; back?: boolean }): Promise<Fault>
  /** The clock runs faster (1.1: the most) or slower (0.9: the least). Healing also takes back what came of it. */
  clockSkew(node: Name, options: { rate: number }): Promise<Fault>

  /** A file takes the room of a file system, default that of `/`, but for `leave` bytes; default 0. */
  diskFull(node: Name, options?: { path?: string; leave?: number }): Promise<Fault>
  /** Reads or writes fail with EIO, of the whole disk or from a sector to another (512 bytes each). */
  diskErrors(node: Name, options: { on: 'read' | 'write' | 'flush'; sector?: number }): Promise<Fault>
  /** The disk does no more than this. */
  diskSlow(node: Name, options: { bytesPerSecond?: number; operationsPerSecond?: number }): Promise<Fault>
  /** A file system, or all that lie on disks, cannot be written; processes that hold files open for writing are no obstacle. */
  diskReadOnly(node: Name, options?: { path?: string }): Promise<Fault>

  /** A name has another address on a node. */
  nameWrong(node: Name, name: string, address: string): Promise<Fault>
  /** A node has to ask for a name, and is answered late. */
  nameSlow(node: Name, name: string, options: { by: Duration }): Promise<Fault>
  /** A name is not known to a node. */
  nameMissing(node: Name, name: string): Promise<Fault>

  /** Those that hold, the oldest first. */
  readonly holding: readonly Fault[]
  /** Ends all that hold, the youngest first. Rejects with the first failure, when all were tried. */
  heal(): Promise<void>
  /** Tells of every beginning and end until the returned function is called. */
  onChange(listener: (event: FaultEvent) => void): () => void
}

/** What makes the faults of a cluster: how is known below this room. */
export type FaultMaker = <Name extends string>(cluster: import('./cluster.js').Cluster<Name>) => Faults<Name>
