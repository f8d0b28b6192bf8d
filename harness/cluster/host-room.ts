import { statfs } from 'node:fs/promises'
import { StackrigError } from '../errors/index.js'
import { availableMemory } from './available-memory.js'
import type { Images } from './launch.js'
import type { Topology } from './topology.js'

/** What all nodes of a topology may use together, MiB. */
function memoryOf(topology: Topology, images: Images): number {
  return topology.nodes.reduce(
    (sum, node) => sum + (node.memoryMiB ?? images.get(node.image)?.memoryMiB ?? 0),
    0,
  )
}

/** What ends clusters that nobody uses yet. */
const spare = new Set<() => Promise<void>>()

/** What is here only to be there sooner ends when a cluster needs its memory; until the returned function is called. */
export function giveUpWhenShort(giveUp: () => Promise<void>): () => void {
  spare.add(giveUp)
  return () => spare.delete(giveUp)
}

/** Ends them. One that cannot be ended is missed by whoever needs its memory. */
export const giveUpSpare = async (): Promise<void> => {
  await Promise.allSettled([...spare].map((giveUp) => giveUp()))
}

/** Whether there is memory for all that the nodes of a topology may use. */
export const hasMemory = (topology: Topology, images: Images): boolean =>
  availableMemory().mebibytes >= memoryOf(topology, images)

/**
 * A cold boot fills its nodes' memory. Checked before anything starts: the kernel would end a node in the middle.
 * @throws StackrigError HOST_MEMORY
 */
export async function requireMemory(topology: Topology, images: Images): Promise<void> {
  await requireFree(
    memoryOf(topology, images),
    `to boot ${topology.name}`,
    ', or lower memoryMiB in the topology',
  )
}

/**
 * Memory that no snapshot backs, MiB: without room for it the kernel would end some cluster's node. When it is short, clusters that
 * nobody uses yet are given up. `next` is what else helps.
 * @throws StackrigError HOST_MEMORY
 */
export async function requireFree(wanted: number, purpose: string, next = ''): Promise<void> {
  if (availableMemory().mebibytes < wanted) await giveUpSpare()
  const { mebibytes, source } = availableMemory()
  if (mebibytes >= wanted) return
  throw new StackrigError('HOST_MEMORY', `${wanted} MiB of memory must be free ${purpose}`, {
    seen: `${mebibytes} MiB available (${source})`,
    next: `end other programs (npx stackrig ps lists running clusters)${next}`,
  })
}

/**
 * A golden snapshot holds its nodes' memory and what they wrote.
 * @throws StackrigError HOST_DISK
 */
export async function requireDisk(topology: Topology, images: Images, folder: string): Promise<void> {
  const { bavail, bsize } = await statfs(folder)
  const available = Math.floor((bavail * bsize) / 1024 ** 2)
  const wanted =
    memoryOf(topology, images) + 1024 * topology.nodes.filter(({ image }) => images.get(image)?.rootfs).length
  if (available >= wanted) return
  throw new StackrigError('HOST_DISK', `${wanted} MiB of disk must be free to keep ${topology.name}`, {
    where: folder,
    seen: `${available} MiB available`,
    next: 'free some, or set STACKRIG_CACHE to a folder on a larger disk',
  })
}
