import { statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import {
  imagesOf,
  isStage,
  placeOfStart,
  presentMachines,
  probeImage,
  topologyOf,
  type Start,
} from '../cloud/index.js'
import { StackrigError } from '../errors/index.js'
import { receiveImage, verifyImage } from '../images/index.js'
import { moreRoom, probeAcceleration, type Accelerator } from '../qemu/index.js'
import { receiveSnapshot } from '../snapshot/index.js'
import { settings } from '../settings.js'
import { assemble, type Travelled } from './assemble.js'
import { placedChunks } from './cut.js'
import type { Depot } from './depot.js'
import { fitOf, noneFits, notePath, readGoldenNote, unfit } from './fit.js'
import { KnownChunks, noteChunks } from './known-chunks.js'
import { differing, plainParts, sha256, type FolderNote, type GoldenNote } from './note.js'

export interface PullOptions {
  /** Puts images in the place of other builds of the same recipes. */
  replace: boolean
  signal?: AbortSignal | undefined
  onProgress?: ((what: string) => void) | undefined
}

export interface Pulled {
  folder: string
  /** What was put in its place; a part that was here already is not among them. */
  parts: (Travelled & { what: string })[]
}

/**
 * Fetches the golden snapshot of a topology or a stage from a depot, and the images that it stands on: only what this machine has not. All
 * of it is put in its place as if it had been made here.
 * @throws StackrigError DEPOT_MISSING when there is none that this machine can use; IMAGE_MISMATCH when another build of an image is here;
 * SNAPSHOT_BROKEN, HOST_DISK, HOST_FOLDER.
 */
export async function pullGolden(depot: Depot, start: Start, options: PullOptions): Promise<Pulled> {
  const { replace, signal, onProgress } = options
  const topology = topologyOf(start)
  const notes = await notesFor(depot, start, signal)
  const [first] = notes.values()
  if (!first) throw await unfit(depot, await fitOf(start, settings().accelerator ?? 'tcg'), signal)
  const known = await KnownChunks.load()
  const pulled: Pulled = { folder: '', parts: [] }
  const fetched = async (what: string, note: FolderNote, folder: string, mode: number): Promise<void> => {
    onProgress?.(what)
    await requireRoom(note, folder)
    const say = (words: string): void => onProgress?.(`${what}: ${words}`)
    const came = await assemble(depot, note, folder, { known, mode, signal, onProgress: say })
    pulled.parts.push({ what, ...came })
  }
  const fetchImage = async ({ name, digest, build, folder: note }: GoldenNote['images'][number]) => {
    // What was imported is not in a depot.
    if (!note) return
    const what = `image ${name}`
    const fill = (folder: string): Promise<void> => fetched(what, note, folder, 0o666)
    const isNew = await receiveImage({ name, digest, build, fill }, { replace, signal, onProgress })
    const { image } = await verifyImage(name)
    if (isNew) noteChunks(image.folder, note)
    known.addFolder(image.folder, note)
  }

  const probe = first.images.find(({ name }) => name === probeImage)
  if (probe && !(await isHere(probeImage))) await fetchImage(probe)
  const { accelerator } = await probeAcceleration((await verifyImage(probeImage)).image)
  const note = notes.get(accelerator)
  if (!note) throw await unfit(depot, await fitOf(start, accelerator), signal)

  const needed = new Set([
    ...topology.nodes.map(({ image }) => image),
    ...(isStage(start) ? ['instance'] : []),
  ])
  for (const image of note.images) {
    if (!imagesOf(topology).includes(image.name)) continue
    // Of the others it does not matter which build it is.
    if (needed.has(image.name) || !(await isHere(image.name))) await fetchImage(image)
  }
  const machines = await presentMachines(topology)
  const place = await placeOfStart(start, machines)
  const folders = [...machines.images.values()].map(({ folder }) => folder)
  const differs = differing(plainParts(place.parts, folders), note.parts)
  if (differs.length > 0) throw noneFits(depot, start.name, differs)
  const ofNodes = topology.nodes.flatMap((node) => {
    const image = machines.images.get(node.image)
    return image ? [[node.name, image] as const] : []
  })
  const isNew = await receiveSnapshot(
    {
      ...{ folder: place.folder, key: place.key, manifest: sha256(note.golden.manifest) },
      ...{ identity: note.identity, images: new Map(ofNodes) },
      fill: (folder) => fetched('golden snapshot', note.golden, folder, 0o600),
    },
    { signal, onProgress },
  )
  if (isNew) noteChunks(place.folder, note.golden)
  return { ...pulled, folder: place.folder }
}

/** What fits of a depot, by the accelerators it was made with: which of them works here may not be known yet. */
async function notesFor(
  depot: Depot,
  start: Start,
  signal: AbortSignal | undefined,
): Promise<Map<Accelerator, GoldenNote>> {
  const { accelerator: wanted } = settings()
  const notes = new Map<Accelerator, GoldenNote>()
  for (const accelerator of wanted ? [wanted] : (['kvm', 'tcg'] as const)) {
    const note = await readGoldenNote(depot, notePath(await fitOf(start, accelerator)), signal)
    if (note) notes.set(accelerator, note)
  }
  return notes
}

const isHere = (image: string): Promise<boolean> =>
  verifyImage(image).then(
    () => true,
    (error: unknown) => {
      if (error instanceof StackrigError && error.code === 'IMAGE_MISSING') return false
      throw error
    },
  )

/** @throws StackrigError HOST_DISK before anything is fetched */
async function requireRoom({ files }: FolderNote, folder: string): Promise<void> {
  const wanted = Object.values(files)
    .flatMap(({ size, chunks }) => placedChunks(chunks, size))
    .reduce((sum, { length }) => sum + length, 0)
  const { bavail, bsize } = await statfs(dirname(folder))
  if (bavail * bsize >= wanted) return
  const [free, needed] = [bavail * bsize, wanted].map((bytes) => `${Math.ceil(bytes / 1024 ** 2)} MiB`)
  throw new StackrigError('HOST_DISK', 'what is fetched must find room on this machine', {
    ...{ where: dirname(folder), seen: `${free} are free, and ${needed} are needed`, next: moreRoom },
  })
}
