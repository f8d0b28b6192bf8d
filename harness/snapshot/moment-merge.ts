import { randomBytes } from 'node:crypto'
import { cp, link, mkdir, readdir, rename, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { publish } from '../manifest.js'
import {
  completeMoment,
  isMoment,
  keptLayer,
  layersIn,
  memoryChain,
  momentFiles,
  readChain,
  type KeptMoment,
  type MomentNode,
} from './moment-info.js'
import { MomentPages } from './moment-pages.js'

/**
 * Removes all moments of a folder but those that are named. What one that stays has stood on, and goes, becomes a part of it.
 * @throws StackrigError SNAPSHOT_BROKEN, HOST_DISK; what stays is whole then, too.
 */
export async function keepMoments(root: string, names: readonly string[]): Promise<void> {
  const kept = new Set(names)
  for (const name of [...kept].sort()) {
    const chain = await readChain(join(root, name))
    const parent = chain.at(-2)
    if (parent !== undefined && !kept.has(basename(parent.folder))) await standAlone(chain)
  }
  for (const name of await readdir(root)) {
    const folder = join(root, name)
    if (!kept.has(name) && isMoment(folder)) await rm(folder, { recursive: true, force: true })
  }
}

/** The moment at the end of a chain holds everything itself from then on. */
async function standAlone(chain: [KeptMoment, ...KeptMoment[]]): Promise<void> {
  const { folder, info } = chain.at(-1) ?? chain[0]
  const mark = randomBytes(4).toString('hex')
  const building = `${folder}.${mark}.building`
  const going = `${folder}.${mark}-old.building`
  await mkdir(building, { mode: 0o700 })
  try {
    const nodes = await Promise.all(
      Object.entries(info.nodes).map(
        async ([name, node]) => [name, await nodeAlone(name, node, chain, building)] as const,
      ),
    )
    const { version, name, made, pause, golden, joined } = info
    const alone = { version, name, made, pause, golden, joined, nodes: Object.fromEntries(nodes) }
    await completeMoment(building, alone)
    await rename(folder, going)
    await publish(building, folder)
  } finally {
    await rm(building, { recursive: true, force: true })
    await rm(going, { recursive: true, force: true })
  }
}

/** What is known of a node, when all of it lies in one folder. */
async function nodeAlone(
  name: string,
  node: MomentNode,
  chain: [KeptMoment, ...KeptMoment[]],
  building: string,
): Promise<MomentNode> {
  const layers = await Promise.all(
    layersIn(chain, name).map(async ({ folder, layer }) => {
      await share(keptLayer(folder, layer), keptLayer(building, layer))
      return layer
    }),
  )
  if (node.power === 'off') return { ...node, layers }
  const { folder } = chain.at(-1) ?? chain[0]
  const [from, to] = [momentFiles(folder, name), momentFiles(building, name)]
  await share(from.state, to.state)
  if (!node.alone) {
    const pages = await mergePages(memoryChain(chain, name), name, to.pages)
    return { ...node, alone: true, pages, layers }
  }
  await share(from.pages, to.pages)
  return { ...node, layers }
}

async function mergePages(chain: readonly KeptMoment[], node: string, file: string): Promise<number> {
  const pages = new MomentPages(node)
  try {
    return await pages.merge(
      chain.map(({ folder }) => momentFiles(folder, node).pages),
      file,
    )
  } finally {
    await pages.close()
  }
}

/** The same file in both folders: none of them is ever written to again. */
async function share(from: string, to: string): Promise<void> {
  await link(from, to).catch(() => cp(from, to))
}
