import { randomBytes } from 'node:crypto'
import { cp, link, mkdir, readdir, rename, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { publish } from '../manifest.js'
import {
  completeMoment,
  isMoment,
  keptLayer,
  momentFiles,
  readChain,
  type KeptMoment,
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
      Object.entries(info.nodes).map(async ([name, node]) => {
        const pages = await mergePages(chain, name, momentFiles(building, name).pages)
        await share(momentFiles(folder, name).state, momentFiles(building, name).state)
        const layers = await Promise.all(
          chain.flatMap((moment) =>
            (moment.info.nodes[name]?.layers ?? []).map(async (layer) => {
              await share(keptLayer(moment.folder, layer), keptLayer(building, layer))
              return layer
            }),
          ),
        )
        return [name, { ...node, pages, layers }] as const
      }),
    )
    const { name, made, pause, golden } = info
    await completeMoment(building, { name, made, pause, golden, nodes: Object.fromEntries(nodes) })
    await rename(folder, going)
    await publish(building, folder)
  } finally {
    await rm(building, { recursive: true, force: true })
    await rm(going, { recursive: true, force: true })
  }
}

async function mergePages(chain: KeptMoment[], node: string, file: string): Promise<number> {
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
