import { join } from 'node:path'
import type { Duration } from '../duration.js'
import { Console, leaveLogin, logInAndStartShells, logOut, shellPorts } from '../guest/index.js'
import { createOverlay, type Machine } from '../qemu/index.js'
import { waitFor } from '../waits/index.js'
import type { Cluster } from './cluster.js'
import { imageOf, launch, machineSpec, type Launched } from './launch.js'
import type { Topology, TopologyNode } from './topology.js'

// For a node that boots while a cluster works: it gets the smaller part of the processors.
const laterBoot = '20min'

/** A node's own disk: what it wrote, on top of its image or its golden snapshot; none when its image has none. */
export function diskOf(
  { machines, diskFolder }: Pick<Cluster, 'machines' | 'diskFolder'>,
  node: TopologyNode,
): string | undefined {
  const { rootfs } = imageOf(machines.images, node)
  return rootfs && diskFile({ diskFolder }, node.name)
}

/** Where it lies when there is one. */
export const diskFile = ({ diskFolder }: Pick<Cluster, 'diskFolder'>, name: string): string =>
  join(diskFolder, `${name}.disk.qcow2`)

/** Its memory, in the sandbox's own tmpfs: a memory file on a disk makes a booting guest very slow. */
export const sharedMemory = (node: TopologyNode): string => `/dev/shm/${node.name}`

/** Gives a node a disk as its image was shipped. */
export async function newDisk(cluster: Cluster, node: TopologyNode): Promise<void> {
  const { rootfs, rootfsFormat = 'raw' } = imageOf(cluster.machines.images, node)
  const disk = diskOf(cluster, node)
  if (rootfs && disk) await createOverlay(disk, rootfs, rootfsFormat)
}

export interface BootNodeOptions {
  timeout?: Duration
  /** The one that has this node; default: the cluster's. */
  topology?: Topology
  /** Told of the machine as soon as its guest runs: its shells answer minutes later. */
  onLaunched?: ((launched: Launched) => void) | undefined
}

/**
 * Switches a node on: its kernel boots from its disk, and its shells answer in the end.
 * @throws StackrigError QEMU_DIED, NODE_CRASHED, LOGIN_FAILED, WAIT_TIMEOUT
 */
export async function bootNode(
  cluster: Cluster,
  node: TopologyNode,
  { timeout = laterBoot, topology = cluster.topology, onLaunched }: BootNodeOptions = {},
): Promise<Launched> {
  const launched = await cluster.undisturbed(() => switchOn(cluster, node, topology))
  onLaunched?.(launched)
  const signal = AbortSignal.any([launched.signal, cluster.stopping])
  try {
    await openShells(launched.machine, timeout, signal)
    await launched.shell.start(timeout)
    return launched
  } catch (error) {
    // Otherwise it would keep tap and disk from the next try.
    await launched.machine.powerOff().catch(() => undefined)
    throw error
  }
}

/**
 * The same for a node that was saved while it booted, and runs again. Its shells may have been started by then: who has begun to log in
 * is not here any more. What cannot be booted to its end stays as it is.
 * @throws StackrigError as `bootNode`
 */
export async function goOnBooting(
  { stopping }: Cluster,
  { machine, shell, signal }: Launched,
): Promise<void> {
  const either = AbortSignal.any([signal, stopping])
  const open = await machine.openPorts()
  if (shellPorts.some((port) => open.includes(port))) await shellsOpen(machine, laterBoot, either)
  else await openShells(machine, laterBoot, either, { again: true })
  await shell.start(laterBoot)
}

/** Starts the node's machine, and lets its guest run. */
async function switchOn(cluster: Cluster, node: TopologyNode, topology: Topology): Promise<Launched> {
  const memory = sharedMemory(node)
  // Memory does not outlive a power cut.
  await cluster.sandbox.run(['rm', '-f', memory])
  const storage = { memory: { file: memory, shared: true }, disk: diskOf(cluster, node), incoming: false }
  // Neutron drops what agents report with a time before its own start: a controller hours ahead of them sees none alive.
  const clock = new Date(Date.now() - cluster.clockBehind)
  const { machines, logFolder } = cluster
  const spec = machineSpec({ topology, machines, logFolder }, node, { storage, clock })
  const launched = await launch(cluster, spec)
  try {
    await launched.machine.resume()
    return launched
  } catch (error) {
    await launched.machine.powerOff().catch(() => undefined)
    throw error
  }
}

/** By the console, which is then free for a person again. @param again somebody may have logged in before, and is gone */
async function openShells(
  machine: Machine,
  timeout: Duration,
  signal: AbortSignal,
  { again = false } = {},
): Promise<void> {
  const { name } = machine.spec
  using console = new Console(await machine.openConsole(), name)
  if (again) await leaveLogin(console, timeout, signal)
  await logInAndStartShells(console, name, { timeout, signal })
  await shellsOpen(machine, timeout, signal)
  logOut(console)
}

/**
 * Waits until the guest has opened the ports of its shells: only then have they all left the session of the login that
 * started them, and outlive it.
 */
async function shellsOpen(machine: Machine, timeout: Duration, signal: AbortSignal): Promise<void> {
  await waitFor(
    {
      what: `the shells of ${machine.spec.name}`,
      probe: async () => {
        const open = await machine.openPorts()
        const closed = shellPorts.filter((port) => !open.includes(port))
        return closed.length === 0
          ? { done: true, value: open }
          : { done: false, seen: `closed: ${closed.join(', ')}` }
      },
    },
    { timeout, interval: 20, signal },
  )
}
