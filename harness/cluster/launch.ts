import { writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import type { Socket } from 'node:net'
import {
  ShellChannel,
  channels,
  errorPort,
  lastLines,
  outputPort,
  Shell,
  shellPorts,
  watchForCrash,
} from '../guest/index.js'
import { hostFault, StackrigError } from '../errors/index.js'
import { refuseShortMemory, type Image } from '../images/index.js'
import { reached } from '../log.js'
import {
  Machine,
  moreRoom,
  portSocket,
  type Accelerator,
  type Launcher,
  type MachineSpec,
  type QmpEvent,
} from '../qemu/index.js'
import { tapName, type NetworkPlan } from '../sandbox/index.js'
import { noTimeline } from '../timeline/index.js'
import type { Cluster } from './cluster.js'
import { consoleLogOf } from './console-log.js'
import { consoleRecorder, recordEvents } from './machine-record.js'
import { dumpPackets, packetFile } from './packet-dump.js'
import { netmask, type Topology, type TopologyNode } from './topology.js'

/** The images of a topology's nodes, by image name. */
export type Images = ReadonlyMap<string, Image>

/** How the machines of a cluster are made. */
export interface MachineOptions {
  accelerator: Accelerator
  launcher: Launcher
  images: Images
}

export function imageOf(images: Images, node: TopologyNode): Image {
  const image = images.get(node.image)
  if (image) return image
  throw new StackrigError(
    'IMAGE_MISSING',
    `node ${node.name} must have an image that the cluster was prepared with`,
    {
      seen: `it names ${node.image}; there are ${[...images.keys()].join(', ')}`,
    },
  )
}

/** The bridge and the taps that a topology needs. */
export function networkPlan(topology: Topology): NetworkPlan {
  const hosts = topology.nodes.map(({ hostName, address }) => ({ name: hostName, address }))
  return { cidr: topology.network, gateway: topology.gateway, hosts }
}

/** The node's tap. */
export const tapOf = ({ nodes }: Topology, { name }: TopologyNode): string =>
  tapName(nodes.findIndex((node) => node.name === name))

/** What differs between a cold boot and a fork of the same node. */
export interface Storage {
  memory: { file: string; shared: boolean }
  disk?: string | undefined
  incoming: boolean
  devicesOnly?: boolean
}

/** How QEMU is called for a node; a fork's call differs from the cold boot's in its storage only. */
export function machineSpec(
  cluster: { topology: Topology; machines: MachineOptions; logFolder: string },
  node: TopologyNode,
  { storage, clock }: { storage: Storage; clock?: Date },
): MachineSpec {
  const { topology, machines, logFolder } = cluster
  const image = imageOf(machines.images, node)
  const memoryMiB = node.memoryMiB ?? image.memoryMiB
  refuseShortMemory(node.name, node.role, topology.contract, memoryMiB)
  return {
    name: node.name,
    image,
    memoryMiB,
    cpus: node.cpus ?? image.cpus,
    mac: node.mac,
    tap: tapOf(topology, node),
    kernelWords: [kernelWords(topology, node)],
    ports: shellPorts,
    consoleLog: consoleLogOf(logFolder, node.name),
    accelerator: machines.accelerator,
    launcher: machines.launcher,
    clock,
    ...storage,
  }
}

function kernelWords(topology: Topology, node: TopologyNode): string {
  return topology.contract.kernelWords
    .replaceAll('{address}', node.address)
    .replaceAll('{gateway}', topology.gateway)
    .replaceAll('{netmask}', netmask(topology.network))
    .replaceAll('{name}', node.hostName)
}

/** A started machine, its command channel, and the signal that says it cannot go on. */
export interface Launched {
  machine: Machine
  shell: Shell
  /** Aborted with QEMU_DIED, NODE_CRASHED, HOST_DISK or SANDBOX_DIED. */
  signal: AbortSignal
  /** From now on the guest's crash is no failure: it was asked for. */
  expectCrash: () => void
  /** It was saved while it booted, and its shells have not answered yet. */
  isBooting?: boolean
}

/**
 * Starts QEMU and opens the outer ends of the node's shells before the guest runs: a guest that was saved with them
 * open does not notice that it is a fork.
 */
export async function launch(
  cluster: Pick<Cluster, 'isTold' | 'logFolder' | 'sandbox' | 'stopping' | 'timeline'>,
  spec: MachineSpec,
): Promise<Launched> {
  const { logFolder, sandbox, stopping } = cluster
  makeConsoleLog(spec)
  const packets = cluster.isTold ? packetFile(cluster.timeline, spec.name, logFolder) : undefined
  const machine = await Machine.start(sandbox, { ...spec, packets })
  const heard = consoleRecorder(cluster, spec.name)
  recordEvents(cluster, machine)
  if (packets !== undefined && cluster.timeline !== noTimeline) await dumpPackets(cluster.timeline, machine)
  const { crashed, expected, signal } = watchGuest(machine, spec, stopping, heard)
  machine.qmp.onEvent((event) => {
    if (isGuestReset(event) && !expected.signal.aborted)
      void reset(spec).then((error) => crashed.abort(error))
    if (isDiskFull(event)) crashed.abort(diskFull(spec))
  })
  const channel = async (n: number): Promise<ShellChannel> => {
    const ports = [outputPort(n), errorPort(n)].map((port) => machine.connect(portSocket(spec.name, port)))
    const [output, errors] = (await Promise.all(ports)) as [Socket, Socket]
    return new ShellChannel(spec.name, output, errors)
  }
  const numbers = Array.from({ length: channels - 1 }, (_, n) => n + 1)
  const [ender, ...work] = await Promise.all([channel(0), ...numbers.map(channel)])
  reached(spec.name, 'its shells have their ports')
  const expectCrash = (): void => expected.abort()
  return { machine, shell: new Shell(spec.name, { ender, work }, signal), signal, expectCrash }
}

/** A file for the owner alone: QEMU keeps the mode of what is there. @throws StackrigError HOST_DISK, HOST_LIMIT, HOST_FOLDER */
export function makeConsoleLog({ name, consoleLog }: Pick<MachineSpec, 'name' | 'consoleLog'>): void {
  try {
    writeFileSync(consoleLog, '', { flag: 'a', mode: 0o600 })
  } catch (error) {
    throw hostFault(error, `the console of node ${name} must be written down`, consoleLog)
  }
}

/** What becomes known of a guest. */
interface GuestWatch {
  /** To be aborted with the reason for which it cannot go on. */
  crashed: AbortController
  /** To be aborted when a crash was asked for. */
  expected: AbortController
  /** Aborted when the guest or its machine cannot go on. */
  signal: AbortSignal
}

/** Watches the console of a node for a crash, until its machine has ended, a crash is expected, or nobody wants to know any more. */
export function watchGuest(
  machine: Pick<Machine, 'ended' | 'signal'>,
  { name, consoleLog }: Pick<MachineSpec, 'name' | 'consoleLog'>,
  stopping: AbortSignal,
  heard?: (text: string) => void,
): GuestWatch {
  const crashed = new AbortController()
  const expected = new AbortController()
  const over = AbortSignal.any([stopping, machine.ended, expected.signal])
  watchForCrash(name, consoleLog, crashed, over, heard).catch(
    // A node whose console cannot be read must not be taken for one that is well.
    (error: unknown) => crashed.abort(error),
  )
  return { crashed, expected, signal: AbortSignal.any([machine.signal, crashed.signal]) }
}

/** QEMU QMP Reference Manual, RESET: by the guest, as reboot(8) or a triple fault does, not by whoever runs QEMU. */
const isGuestReset = ({ event, data }: QmpEvent): boolean =>
  event === 'RESET' && (data as { guest?: boolean } | undefined)?.guest === true

/** QEMU QMP Reference Manual, BLOCK_IO_ERROR: QEMU stops a node that it cannot write for, and waits for room. */
const isDiskFull = ({ event, data }: QmpEvent): boolean =>
  event === 'BLOCK_IO_ERROR' && (data as { nospace?: boolean } | undefined)?.nospace === true

function diskFull({ name, disk }: MachineSpec): StackrigError {
  return new StackrigError('HOST_DISK', `what node ${name} writes must find room on this machine`, {
    where: disk,
    seen: 'no space left; QEMU has stopped the node',
    next: moreRoom,
  })
}

async function reset({ name, consoleLog }: MachineSpec): Promise<StackrigError> {
  const log = await readFile(consoleLog, 'utf8').catch(() => '')
  return new StackrigError('NODE_CRASHED', `node ${name} must run, but was reset from inside`, {
    where: consoleLog,
    seen: lastLines(log, 25) || 'nothing on its console',
    next: 'to boot a node again, use powerOff or shutDown, then powerOn: its shells do not outlive a reset',
  })
}
