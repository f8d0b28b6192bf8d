import { join } from 'node:path'
import type { Duration } from '../duration.js'
import { Console, logInAndStartShells, logOut, shellPorts } from '../guest/index.js'
import { consoleSocket, createOverlay, type Accelerator, type Machine } from '../qemu/index.js'
import type { Sandbox } from '../sandbox/index.js'
import { waitFor } from '../waits/index.js'
import { imageOf, launch, machineSpec, type Images, type Launched } from './launch.js'
import type { Topology, TopologyNode } from './topology.js'

/** What the nodes of a cluster are made of, and where their files lie. */
export interface Supplies {
  accelerator: Accelerator
  images: Images
  /** Where the nodes' consoles are written to. */
  logFolder: string
  /** Where the nodes' disks lie. */
  diskFolder: string
  /** How far the clocks of the running nodes are behind the host's, ms; those of a fork went on from its snapshot. */
  clockBehind: number
}

/** A node's own disk: what it wrote, on top of its image or its golden snapshot. */
export const diskOf = (supplies: Supplies, node: string): string =>
  join(supplies.diskFolder, `${node}.disk.qcow2`)

/** Its memory, in the sandbox's own tmpfs: a memory file on a disk makes a booting guest very slow. */
export const sharedMemory = (node: TopologyNode): string => `/dev/shm/${node.name}`

/** Gives a node a disk as its image was shipped. */
export async function newDisk(supplies: Supplies, node: TopologyNode): Promise<void> {
  const { rootfs, rootfsFormat = 'raw' } = imageOf(supplies.images, node)
  if (rootfs) await createOverlay(diskOf(supplies, node.name), rootfs, rootfsFormat)
}

/**
 * Switches a node on: its kernel boots from its disk, and its shells answer in the end.
 * @throws StackrigError QEMU_DIED, NODE_CRASHED, LOGIN_FAILED, WAIT_TIMEOUT
 */
export async function bootNode(
  topology: Topology,
  node: TopologyNode,
  sandbox: Sandbox,
  supplies: Supplies,
  timeout: Duration,
  stop: AbortSignal,
): Promise<Launched> {
  const image = imageOf(supplies.images, node)
  const disk = image.rootfs && diskOf(supplies, node.name)
  const memory = sharedMemory(node)
  // Memory does not outlive a power cut.
  await sandbox.run(['rm', '-f', memory])
  const storage = { memory: { file: memory, shared: true }, disk, incoming: false }
  // Neutron drops what agents report with a time before its own start: a controller hours ahead of them sees none alive.
  const clock = new Date(Date.now() - supplies.clockBehind)
  const spec = machineSpec(topology, node, image, { ...supplies, storage, clock })
  const launched = await launch(sandbox, spec, stop)
  const signal = AbortSignal.any([launched.signal, stop])
  try {
    await launched.machine.resume()
    await openShells(launched.machine, timeout, signal)
    await launched.shell.start(timeout)
    return launched
  } catch (error) {
    // Otherwise it would keep tap and disk from the next try.
    await launched.machine.powerOff().catch(() => undefined)
    throw error
  }
}

/** By the console, which is then free for a person again. */
async function openShells(machine: Machine, timeout: Duration, signal: AbortSignal): Promise<void> {
  const { name } = machine.spec
  using console = new Console(await machine.connect(consoleSocket(name)), name)
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
    `the shells of ${machine.spec.name}`,
    async () => {
      const open = await machine.openPorts()
      const closed = shellPorts.filter((port) => !open.includes(port))
      return closed.length === 0
        ? { done: true, value: open }
        : { done: false, seen: `closed: ${closed.join(', ')}` }
    },
    { timeout, interval: 20, signal },
  )
}
