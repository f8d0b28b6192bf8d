import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import * as z from 'zod'
import { topologyNodeSchema } from '../cluster/index.js'
import { StackrigError } from '../errors/index.js'
import { checkManifest, writeManifest } from '../manifest.js'

/** Those that every node has: the layers of its disk that lie here, the lowest first. */
const layers = z.array(z.string().regex(/^[\w.-]+\.disk\.qcow2\.layer\d+$/))

const nodeSchema = z.discriminatedUnion('power', [
  z.strictObject({ power: z.literal('off'), layers }),
  z.strictObject({
    power: z.literal('on'),
    /** Whether the guest ran. */
    running: z.boolean(),
    /** False while it boots: its shells have not answered since it was switched on. */
    answers: z.boolean(),
    /** What its pages differ from: the golden snapshot's, or, for one that was switched on since or joined, zeros. */
    memory: z.enum(['golden', 'own']),
    /** Whether all that differs lies here; otherwise the moment before has what did not change since. */
    alone: z.boolean(),
    /** How many pages of memory lie here. */
    pages: z.int(),
    layers,
  }),
])

const infoSchema = z.strictObject({
  version: z.literal(2),
  /** As its taker called it. */
  name: z.string(),
  /** The time that the nodes' clocks showed. */
  made: z.iso.datetime().transform((text) => new Date(text)),
  /** How long the nodes stood still, ms. */
  pause: z.number(),
  /** The snapshot that it stands on. */
  golden: z.strictObject({
    topology: z.string(),
    key: z.string(),
    folder: z.string(),
    /** Of its very files: one that was made anew has the same key, and other memory. */
    digest: z.string(),
  }),
  /** The moment before it that it stands on too, from its own folder; none when it has all itself. */
  parent: z
    .string()
    .regex(/^\.\.\/[\w.-]+$/)
    .optional(),
  /** The nodes that the snapshot does not have, in the order in which they joined. */
  joined: z.array(topologyNodeSchema),
  nodes: z.record(z.string(), nodeSchema),
})

/** What is written down beside a moment's files. */
export type MomentInfo = z.infer<typeof infoSchema>

/** What is written down of one node. */
export type MomentNode = z.infer<typeof nodeSchema>

/** A moment on disk. */
export interface KeptMoment {
  folder: string
  info: MomentInfo
}

/** Paths of a node's files in the folder of a moment. */
export const momentFiles = (folder: string, node: string): { pages: string; state: string } => ({
  pages: join(folder, `${node}.pages.zst`),
  state: join(folder, `${node}.state.zst`),
})

/** A layer of a disk as it is kept. */
export const keptLayer = (folder: string, layer: string): string => join(folder, `${layer}.zst`)

const infoFile = (folder: string): string => join(folder, 'moment.json')

/** What is left in the folder of a moment that was given up: why. */
export const givenUpFile = 'given-up.txt'

/** Whether a moment is there. */
export const isMoment = (folder: string): boolean => existsSync(infoFile(folder))

/** Completes the folder of a moment: says what it is, and what every file of it is. */
export async function completeMoment(folder: string, info: MomentInfo): Promise<void> {
  await writeFile(infoFile(folder), JSON.stringify(info, null, 2), { mode: 0o600 })
  await writeManifest(folder)
}

/**
 * A moment and those that it stands on, the oldest first; their files are what was written.
 * @throws StackrigError SNAPSHOT_BROKEN
 */
export async function readChain(folder: string): Promise<[KeptMoment, ...KeptMoment[]]> {
  const info = await readMoment(folder)
  const last = { folder, info }
  if (info.parent === undefined) return [last]
  const [first, ...others] = await readChain(resolve(folder, info.parent))
  return [first, ...others, last]
}

/** Of a chain the moments that hold a node's memory, the oldest first: none before one that holds all of it. */
export function memoryChain(chain: readonly KeptMoment[], node: string): readonly KeptMoment[] {
  const isAlone = ({ info }: KeptMoment): boolean => {
    const kept = info.nodes[node]
    return kept?.power === 'on' && kept.alone
  }
  return chain.slice(Math.max(0, chain.findLastIndex(isAlone)))
}

/** The layers of a node's disk that a chain holds, the lowest first, and where each lies. */
export const layersIn = (chain: readonly KeptMoment[], node: string): (KeptMoment & { layer: string })[] =>
  chain.flatMap((moment) => (moment.info.nodes[node]?.layers ?? []).map((layer) => ({ ...moment, layer })))

async function readMoment(folder: string): Promise<MomentInfo> {
  const wrong = isMoment(folder) ? await checkManifest(folder) : await whyGone(folder)
  const info =
    wrong === undefined ? await readFile(infoFile(folder), 'utf8').then(parseMomentInfo) : undefined
  if (info) return info
  throw new StackrigError('SNAPSHOT_BROKEN', 'a moment must be whole to be entered', {
    where: folder,
    seen: wrong ?? 'its moment.json is not of this version',
    next:
      wrong === undefined ? 'run the scenario again, or use the version of stackrig that took it' : undefined,
  })
}

/** Why a moment is not there, in a sentence. */
export const whyGone = (folder: string): Promise<string> =>
  readFile(join(folder, givenUpFile), 'utf8').then(
    (reason) => reason.trim(),
    () => 'it is not there',
  )

/** What is written down beside a moment; undefined when it is not of its form. */
export function parseMomentInfo(text: string): MomentInfo | undefined {
  try {
    return infoSchema.parse(JSON.parse(text))
  } catch {
    return undefined
  }
}
