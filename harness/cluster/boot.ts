import { setTimeout as delay } from 'node:timers/promises'
import { milliseconds, type Duration } from '../duration.js'
import type { Accelerator } from '../qemu/index.js'
import { Sandbox } from '../sandbox/index.js'
import { assemble } from './assemble.js'
import { bootNode, newDisk } from './boot-node.js'
import type { Cluster } from './cluster.js'
import { networkPlan, type Images } from './launch.js'
import type { Topology } from './topology.js'

export interface BootOptions {
  accelerator: Accelerator
  images: Images
  /** Where the nodes' consoles are written to; default: the sandbox's folder, which goes with it. */
  logFolder?: string | undefined
  /** Where the nodes' disks are made; default: the sandbox's folder. */
  diskFolder?: string | undefined
  /** Until every node has shown its login prompt; default 15 min. */
  timeout?: Duration | undefined
  /** How much later than the others a node is switched on, by its name. */
  delays?: Readonly<Record<string, Duration>> | undefined
  signal?: AbortSignal | undefined
  onProgress?: ((what: string) => void) | undefined
}

/**
 * Boots all nodes of a topology at once, and resolves when their shells answer.
 * @throws StackrigError those of `bootNode`, and those of `Sandbox.open`.
 */
export async function bootCluster<Name extends string>(
  topology: Topology<Name>,
  options: BootOptions,
): Promise<Cluster<Name>> {
  const { accelerator, images, timeout = '15min' } = options
  const sandbox = await Sandbox.open(networkPlan(topology))
  const logFolder = options.logFolder ?? sandbox.folder
  const diskFolder = options.diskFolder ?? sandbox.folder
  const supplies = { accelerator, images, logFolder, diskFolder, clockBehind: 0 }
  return assemble(topology, sandbox, supplies, options.signal, async (node, stop) => {
    await delay(milliseconds(options.delays?.[node.name] ?? 0), undefined, { signal: stop })
    await newDisk(supplies, node)
    const started = await bootNode(topology, node, sandbox, supplies, timeout, stop)
    options.onProgress?.(`${node.name} answers`)
    return started
  })
}
