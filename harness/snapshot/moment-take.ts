import { rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { requireFree, type Cluster, type RunningNode } from '../cluster/index.js'
import { saveDevices } from '../qemu/index.js'
import { memoryKind } from './memory-kind.js'
import { prepareCut, prepareCutOff, type Cut } from './moment-disks.js'
import { completeMoment, keptLayer, momentFiles, type MomentInfo, type MomentNode } from './moment-info.js'
import type { MomentPages } from './moment-pages.js'
import { holdOff } from './off-elsewhere.js'
import type { Snapshot } from './snapshot.js'
import { snapshotIdentity } from './travelled.js'
import { compressFile } from './zstd.js'

/** The thread that knows the memory of a node, since its machine was started. */
export interface NodeMemory {
  pages: MomentPages
  /** Whether it knows what the memory was in the parent: only what has changed since need be kept. */
  follows: boolean
}

/** A node that is on, and what a moment of it needs. */
interface OnNode extends NodeMemory {
  node: RunningNode
  memory: 'golden' | 'own'
  running: boolean
  answers: boolean
  cut: Cut | undefined
}

/** One that is off. */
interface OffNode {
  node: RunningNode
  cut: Cut | undefined
  /** Lets others switch it on. */
  letGo: () => Promise<void>
}

interface TakeOptions {
  name: string
  golden: Snapshot
  /** An empty folder, for the files. */
  building: string
  /** The folder of the last moment, in the same root, when only what has changed since is to be kept. */
  parent: string | undefined
  /** The layers of disks that it and those before it hold. */
  held: ReadonlySet<string>
  memoryOf: (node: RunningNode) => NodeMemory
  onResumed?: (() => void) | undefined
}

/**
 * Writes what a cluster is at this moment. Its nodes stand still together, only while their devices' state is saved and their
 * changed pages are copied; what was copied is compared and compressed when they go on.
 * @throws StackrigError USAGE and HOST_MEMORY, before anything is stopped; HOST_DISK, QMP_FAILED, QEMU_DIED.
 */
export async function takeMoment(cluster: Cluster, options: TakeOptions): Promise<MomentInfo> {
  const { name, golden, building, parent } = options
  const { on, off, made, pause } = await cluster.undisturbed(() => stop(cluster, options))
  options.onResumed?.()
  const { diskFolder } = cluster
  const nodes = await Promise.all([
    ...on.map(async (one) => [one.node.name, await keepOn(one, diskFolder, options)] as const),
    ...off.map(async (one) => [one.node.name, await keepOff(one, diskFolder, options)] as const),
  ])
  const info: MomentInfo = {
    ...{ version: 2, name, made, pause },
    golden: {
      ...{ topology: golden.topology.name, key: golden.key, folder: golden.folder },
      digest: await snapshotIdentity(golden.folder),
    },
    ...(parent !== undefined && { parent: join('..', basename(parent)) }),
    // One may have joined while this was compressed.
    joined: cluster.topology.nodes.filter(
      ({ name }) =>
        nodes.some(([kept]) => kept === name) && !golden.topology.nodes.some((one) => one.name === name),
    ),
    nodes: Object.fromEntries(nodes),
  }
  await completeMoment(building, info)
  return info
}

interface Stopped {
  on: OnNode[]
  off: OffNode[]
  /** What the nodes' clocks showed. */
  made: Date
  /** How long they stood still, ms. */
  pause: number
}

async function stop(cluster: Cluster, options: TakeOptions): Promise<Stopped> {
  const { golden, memoryOf, building } = options
  const plans = cluster.nodes
    .filter(({ runs }) => runs)
    .map((node) => ({
      ...{ node, memory: memoryKind(node, golden), answers: node.isOn, ...memoryOf(node) },
    }))
  const off: OffNode[] = []
  try {
    for (const node of cluster.nodes.filter(({ runs }) => !runs)) off.push(await prepareOff(node, cluster))
    // A node that was switched on again has used much of its memory.
    const bytes = await Promise.all(plans.map(look))
    await requireFree(mebibytes(bytes), 'to take a moment')
    const on = await Promise.all(plans.map(prepareOn))
    return { on, off, ...(await standStill(cluster, on, off, building)) }
  } finally {
    await Promise.all(off.map(({ letGo }) => letGo()))
  }
}

type Planned = Omit<OnNode, 'running' | 'cut'>

async function look({ node: { machine }, memory, pages }: Planned): Promise<number> {
  const process = await machine.processFolder()
  return pages.look({ process, file: machine.spec.memory.file, isOwn: memory === 'own' })
}

const mebibytes = (bytes: readonly number[]): number =>
  Math.ceil(bytes.reduce((sum, one) => sum + one, 0) / 1024 ** 2)

async function prepareOn(planned: Planned): Promise<OnNode> {
  const { machine } = planned.node
  const { disk } = machine.spec
  const [, { running }, cut] = await Promise.all([
    planned.pages.prepare(),
    machine.qmp.execute<{ running: boolean }>('query-status'),
    disk === undefined ? undefined : prepareCut(machine, disk),
  ])
  return { ...planned, running, cut }
}

async function prepareOff(node: RunningNode, cluster: Cluster): Promise<OffNode> {
  const letGo = await holdOff(node, cluster)
  try {
    const { disk } = node.machine.spec
    return { node, letGo, cut: disk === undefined ? undefined : await prepareCutOff(disk) }
  } catch (error) {
    await letGo()
    throw error
  }
}

/** Whatever happens, those that ran go on; their clocks stood still meanwhile. */
async function standStill(
  cluster: Cluster,
  on: OnNode[],
  off: OffNode[],
  building: string,
): Promise<Pick<Stopped, 'made' | 'pause'>> {
  const running = on.filter((node) => node.running)
  const made = new Date(Date.now() - cluster.clockBehind)
  const started = performance.now()
  try {
    await Promise.all(running.map(({ node }) => node.machine.pause()))
    await Promise.all([
      ...off.map(({ cut }) => cut?.perform()),
      ...on.map(async ({ node, pages, cut }) => {
        await saveDevices(node.machine, stateFile(building, node))
        await Promise.all([pages.read(), cut?.perform()])
      }),
    ])
  } finally {
    await Promise.all(running.map(({ node }) => node.machine.resume()))
    cluster.clockBehind += performance.now() - started
  }
  return { made, pause: Math.round(performance.now() - started) }
}

const stateFile = (building: string, { name }: RunningNode): string => join(building, `${name}.state`)

async function keepOn(
  { node, pages, follows, memory, running, answers, cut }: OnNode,
  diskFolder: string,
  options: TakeOptions,
): Promise<MomentNode> {
  const { building } = options
  const files = momentFiles(building, node.name)
  const state = stateFile(building, node)
  const [count, , layers] = await Promise.all([
    pages.keep(files.pages, { chained: follows }),
    compressFile(state, files.state).then(() => rm(state)),
    keepLayers(cut, diskFolder, options),
  ])
  return { power: 'on', running, answers, memory, alone: !follows, pages: count, layers }
}

async function keepOff({ cut }: OffNode, diskFolder: string, options: TakeOptions): Promise<MomentNode> {
  return { power: 'off', layers: await keepLayers(cut, diskFolder, options) }
}

/** What those before it do not hold; nobody writes to any of them any more. */
async function keepLayers(
  cut: Cut | undefined,
  diskFolder: string,
  { building, held }: TakeOptions,
): Promise<string[]> {
  const layers = cut?.layers.filter((layer) => !held.has(layer)) ?? []
  await Promise.all(layers.map((layer) => compressFile(join(diskFolder, layer), keptLayer(building, layer))))
  return layers
}
