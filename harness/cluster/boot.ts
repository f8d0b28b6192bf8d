import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Duration } from '../duration.js'
import { Console, logInAndStartShells, logOut, shellPorts } from '../guest/index.js'
import { consoleSocket, createOverlay, type Accelerator, type Machine } from '../qemu/index.js'
import { Sandbox } from '../sandbox/index.js'
import { waitFor } from '../waits/index.js'
import { Cluster } from './cluster.js'
import { assemble } from './assemble.js'
import { launch, machineSpec, networkPlan, type Images, type Launched } from './launch.js'
import type { Topology, TopologyNode } from './topology.js'

export interface BootOptions {
  accelerator: Accelerator
  images: Images
  /** Where the nodes' consoles are written to; default: the sandbox's folder, which goes with it. */
  logFolder?: string | undefined
  /** Where the nodes' disks are made; default: the sandbox's folder. */
  diskFolder?: string | undefined
  /** Until every node has shown its login prompt; default 15 min. */
  deadline?: Duration | undefined
  signal?: AbortSignal | undefined
  onProgress?: ((what: string) => void) | undefined
}

/**
 * Boots all nodes of a topology at once, and resolves when their shells answer.
 * @throws StackrigError QEMU_DIED, NODE_CRASHED, LOGIN_FAILED, WAIT_TIMEOUT, and those of `Sandbox.open`.
 */
export async function bootCluster<Name extends string>(
  topology: Topology<Name>,
  options: BootOptions,
): Promise<Cluster<Name>> {
  const sandbox = await Sandbox.open(networkPlan(topology))
  return assemble(topology, sandbox, options.signal, async (node, stop) => {
    const started = await startCold(topology, node, sandbox, options, stop)
    const signal = AbortSignal.any([started.signal, stop])
    await started.machine.resume()
    await openShells(started.machine, options.deadline ?? '15min', signal)
    await started.shell.start(options.deadline ?? '15min')
    options.onProgress?.(`${node.name} answers`)
    return started
  })
}

async function startCold(
  topology: Topology,
  node: TopologyNode,
  sandbox: Sandbox,
  options: BootOptions,
  stop: AbortSignal,
): Promise<Launched> {
  const image = options.images.get(node.image)
  if (!image) throw new TypeError(`no image ${node.image} was given`)
  const logFolder = options.logFolder ?? sandbox.folder
  await mkdir(logFolder, { recursive: true })
  const disk = image.rootfs && join(options.diskFolder ?? sandbox.folder, `${node.name}.disk.qcow2`)
  if (disk && image.rootfs) await createOverlay(disk, image.rootfs, image.rootfsFormat ?? 'raw')
  // The sandbox's /dev/shm is a tmpfs of its own: memory files on a disk make a booting guest very slow.
  const storage = { memory: { file: `/dev/shm/${node.name}`, shared: true }, disk, incoming: false }
  const spec = machineSpec(topology, node, image, { accelerator: options.accelerator, logFolder, storage })
  return launch(sandbox, spec, stop)
}

/** By the console, which is then free for a person again. */
async function openShells(machine: Machine, deadline: Duration, signal: AbortSignal): Promise<void> {
  const { name } = machine.spec
  using console = new Console(await machine.connect(consoleSocket(name)), name)
  await logInAndStartShells(console, name, { deadline, signal })
  await shellsOpen(machine, deadline, signal)
  logOut(console)
}

/**
 * Waits until the guest has opened the ports of its shells: only then have they all left the session of the login that
 * started them, and outlive it.
 */
async function shellsOpen(machine: Machine, deadline: Duration, signal: AbortSignal): Promise<void> {
  await waitFor(
    `the shells of ${machine.spec.name}`,
    async () => {
      const open = await machine.openPorts()
      const closed = shellPorts.filter((port) => !open.includes(port))
      return closed.length === 0
        ? { done: true, value: open }
        : { done: false, seen: `closed: ${closed.join(', ')}` }
    },
    { deadline, every: 20, signal },
  )
}
