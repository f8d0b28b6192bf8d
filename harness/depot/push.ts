import { open } from 'node:fs/promises'
import { join } from 'node:path'
import {
  placeOfStart,
  presentMachines,
  probeImage,
  topologyOf,
  imagesOf,
  type Start,
} from '../cloud/index.js'
import { StackrigError } from '../errors/index.js'
import { isImported, readLock, type Image } from '../images/index.js'
import { cacheFolder } from '../paths.js'
import { thisHost } from '../qemu/index.js'
import { findSnapshot, markUsed, snapshotIdentity } from '../snapshot/index.js'
import { chunkSize, placedChunks } from './cut.js'
import { cutFolder } from './cut-folder.js'
import { fitOf, latestPath, notePath } from './fit.js'
import type { FolderDepot } from './folder-depot.js'
import { noteChunks } from './known-chunks.js'
import { plainParts, type FolderNote, type GoldenNote } from './note.js'
import { tornChunks } from './read-chunks.js'
import { ChunkWriter } from './write-chunks.js'

export interface PushOptions {
  /** Reads what the depot has of it already, and brings again what is torn. */
  verify: boolean
  signal?: AbortSignal | undefined
  onProgress?: ((what: string) => void) | undefined
}

/** What was pushed, in bytes without holes. */
export interface PushedPart {
  what: string
  total: number
  /** What the depot had not. */
  travelled: number
}

export interface Pushed {
  folder: string
  parts: PushedPart[]
  /** What travelled, as it lies in the depot. */
  compressed: number
}

/**
 * Brings the golden snapshot of a topology or a stage, and the images that it stands on, to a depot: only what is not there yet. What was not pushed
 * to its end is not there for others, and what came of it need not be brought again.
 * @throws StackrigError USAGE when there is no such snapshot here; IMAGE_MISSING, HOST_DISK, HOST_FOLDER.
 */
export async function pushGolden(
  depot: FolderDepot,
  start: Start,
  { verify, signal, onProgress }: PushOptions,
): Promise<Pushed> {
  const topology = topologyOf(start)
  const machines = await presentMachines(topology)
  const { folder, parts } = await placeOfStart(start, machines)
  const info = await findSnapshot(folder, onProgress)
  if (!info) {
    throw new StackrigError('USAGE', `there must be a golden snapshot of ${start.name} to push`, {
      where: folder,
      next: `npx stackrig golden make ${start.name}`,
    })
  }
  // Neither is removed while one of its files is open.
  await using held = await hold(join(folder, 'golden.json'))
  const names = [...new Set([...imagesOf(topology), probeImage])]
  const images = names.flatMap((name) => machines.images.get(name) ?? [])
  const { images: locked } = readLock()
  const built = images.filter(({ name }) => !isImported(locked[name]))
  for (const image of built) held.defer(await hold(join(image.folder, 'image.json')))
  const folders = [folder, ...built.map((image) => image.folder)]

  const there = await depot.chunks()
  if (verify) for (const digest of await findTorn(depot, folders, there, signal)) there.delete(digest)
  const scratch = join(cacheFolder(), 'depot', 'unfinished')
  await using writer = await ChunkWriter.open(depot, { scratch, there, signal })
  const pushed: PushedPart[] = []
  const push = async (what: string, path: string): Promise<FolderNote> => {
    onProgress?.(what)
    const before = writer.travelled
    const part = { what, total: 0, travelled: 0 }
    const note = await cutFolder(path, (digest, data) => {
      part.total += data.length
      return writer.add(digest, data)
    })
    await markUsed(path)
    pushed.push({ ...part, travelled: writer.travelled - before })
    return note
  }
  const golden = await push('golden snapshot', folder)
  const notes = new Map<string, FolderNote>()
  for (const image of built) notes.set(image.name, await push(`image ${image.name}`, image.folder))
  await writer.end()

  const { accelerator } = machines
  const fit = await fitOf(start, accelerator)
  const note: GoldenNote = {
    ...{ format: 'stackrig-golden', version: 1, chunkSize },
    ...{ start: start.name, pushed: new Date().toISOString(), host: await thisHost(accelerator) },
    identity: await snapshotIdentity(folder),
    general: fit.general,
    parts: plainParts(
      parts,
      images.map((image) => image.folder),
    ),
    golden,
    images: images.map((image) => describe(image, notes.get(image.name))),
  }
  await depot.writeNote(notePath(fit), JSON.stringify(note))
  const nothing = { manifest: '', links: {}, files: {} }
  const short = { ...note, golden: nothing, images: images.map((image) => describe(image, undefined)) }
  await depot.writeNote(latestPath(start.name), JSON.stringify(short))
  noteChunks(folder, golden)
  for (const image of built) {
    const list = notes.get(image.name)
    if (list) noteChunks(image.folder, list)
  }
  return { folder, parts: pushed, compressed: writer.compressed }
}

const describe = (
  { name, digest, build }: Image,
  folder: FolderNote | undefined,
): GoldenNote['images'][number] => ({ name, digest, build, ...(folder && { folder }) })

/** Keeps files open until it is disposed of. */
async function hold(file: string): Promise<AsyncDisposable & { defer: (other: AsyncDisposable) => void }> {
  const handle = await open(file, 'r')
  const others: AsyncDisposable[] = []
  return {
    defer: (other) => void others.push(other),
    [Symbol.asyncDispose]: async () => {
      for (const other of others) await other[Symbol.asyncDispose]()
      await handle.close()
    },
  }
}

/** Those of the chunks of some folders that a depot has and that are torn. */
async function findTorn(
  depot: FolderDepot,
  folders: readonly string[],
  there: ReadonlySet<string>,
  signal: AbortSignal | undefined,
): Promise<string[]> {
  const wanted = new Map<string, number>()
  for (const folder of folders) {
    const { files } = await cutFolder(folder, () => Promise.resolve(false))
    for (const { size, chunks } of Object.values(files))
      for (const { digest, length } of placedChunks(chunks, size))
        if (there.has(digest)) wanted.set(digest, length)
  }
  return tornChunks(
    depot,
    [...wanted].map(([digest, length]) => ({ digest, length })),
    signal,
  )
}
