import { rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { StackrigError } from '../errors/index.js'
import type { Cluster, RunningNode } from '../cluster/index.js'
import { saveDevices } from '../qemu/index.js'
import { prepareCut, type Cut } from './moment-disks.js'
import { completeMoment, keptLayer, momentFiles, type MomentInfo } from './moment-info.js'
import type { MomentPages } from './moment-pages.js'
import { snapshotFiles, type Snapshot } from './snapshot.js'
import { snapshotIdentity } from './travelled.js'
import { compressFile } from './zstd.js'

/** A node, and what a moment of it needs. */
interface Sitter {
  node: RunningNode
  pages: MomentPages
  golden: string
  running: boolean
  cut: Cut | undefined
}

interface TakeOptions {
  name: string
  golden: Snapshot
  /** An empty folder, for the files. */
  building: string
  /** The folder of the last moment, in the same root, when only what has changed since is to be kept. */
  parent: string | undefined
  /** The thread of each node, by its name. */
  pagesOf: (node: RunningNode) => MomentPages
  onResumed?: (() => void) | undefined
}

/**
 * Writes what a cluster is at this moment. Its nodes stand still together, only while their devices' state is saved and their
 * changed pages are copied; what was copied is compared and compressed when they go on.
 * @throws StackrigError USAGE, before anything is stopped; HOST_DISK, QMP_FAILED, QEMU_DIED.
 */
export async function takeMoment(cluster: Cluster, options: TakeOptions): Promise<MomentInfo> {
  const { name, golden, building, parent } = options
  for (const node of cluster.nodes) requireFork(node, golden)
  const sitters = await Promise.all(cluster.nodes.map((node) => prepare(node, options)))
  const { made, pause } = await standStill(cluster, sitters, building)
  options.onResumed?.()
  const nodes = await Promise.all(sitters.map((sitter) => keep(sitter, cluster, options)))
  const info: MomentInfo = {
    ...{ name, made, pause },
    golden: {
      ...{ topology: golden.topology.name, key: golden.key, folder: golden.folder },
      digest: await snapshotIdentity(golden.folder),
    },
    ...(parent !== undefined && { parent: join('..', basename(parent)) }),
    nodes: Object.fromEntries(nodes),
  }
  await completeMoment(building, info)
  return info
}

/** A node that was switched on again, or joined, has memory of its own: what it has changed cannot be told. */
function requireFork({ name, isOn, machine }: RunningNode, golden: Snapshot): void {
  const { file, shared } = machine.spec.memory
  if (isOn && !shared && file === snapshotFiles(golden.folder, name).memory) return
  throw new StackrigError('USAGE', 'a moment can be taken of nodes that run since their cluster was forked', {
    where: `node ${name}`,
    seen: isOn ? 'it was switched on later, and has memory of its own' : 'it is off',
    next: 'take the moment before the node is switched off, or joins',
  })
}

async function prepare(node: RunningNode, { pagesOf }: TakeOptions): Promise<Sitter> {
  const { machine } = node
  const pages = pagesOf(node)
  const golden = machine.spec.memory.file
  const [, { running }, cut] = await Promise.all([
    machine.processFolder().then((process) => pages.prepare(process, golden)),
    machine.qmp.execute<{ running: boolean }>('query-status'),
    machine.spec.disk === undefined ? undefined : prepareCut(machine, machine.spec.disk),
  ])
  return { node, pages, golden, running, cut }
}

/** Whatever happens, those that ran go on; their clocks stood still meanwhile. */
async function standStill(
  cluster: Cluster,
  sitters: Sitter[],
  building: string,
): Promise<{ made: Date; pause: number }> {
  const running = sitters.filter((sitter) => sitter.running)
  const made = new Date(Date.now() - cluster.clockBehind)
  const started = performance.now()
  try {
    await Promise.all(running.map(({ node }) => node.machine.pause()))
    await Promise.all(
      sitters.map(async ({ node, pages, cut }) => {
        await saveDevices(node.machine, stateFile(building, node))
        await Promise.all([pages.read(), cut?.perform()])
      }),
    )
  } finally {
    await Promise.all(running.map(({ node }) => node.machine.resume()))
    cluster.clockBehind += performance.now() - started
  }
  return { made, pause: Math.round(performance.now() - started) }
}

const stateFile = (building: string, { name }: RunningNode): string => join(building, `${name}.state`)

async function keep(
  { node, pages, running, cut }: Sitter,
  { diskFolder }: Cluster,
  { building, parent }: TakeOptions,
): Promise<[string, MomentInfo['nodes'][string]]> {
  const files = momentFiles(building, node.name)
  const chained = parent !== undefined
  const layers = cut?.layers.slice(chained ? -1 : 0) ?? []
  const state = stateFile(building, node)
  const [count] = await Promise.all([
    pages.keep(files.pages, { chained }),
    compressFile(state, files.state).then(() => rm(state)),
    ...layers.map((layer) => compressFile(join(diskFolder, layer), keptLayer(building, layer))),
  ])
  return [node.name, { running, pages: count, layers }]
}
