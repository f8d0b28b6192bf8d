import { open, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { writeWhole } from '../whole-buffer.js'
import { placedChunks, type PlacedChunk } from './cut.js'
import type { Depot } from './depot.js'
import type { KnownChunks } from './known-chunks.js'
import type { FolderNote } from './note.js'
import { readChunks } from './read-chunks.js'

/** What came of it, bytes. */
export interface Travelled {
  total: number
  /** Of these, from the depot: what this machine had not. */
  travelled: number
}

export interface AssembleOptions {
  /** Chunks of this machine; those of the new files are added. */
  known: KnownChunks
  /** Mode of the files. */
  mode: number
  signal?: AbortSignal | undefined
  onProgress?: ((what: string) => void) | undefined
}

/** A chunk that has to come from the depot, or one that this machine has. */
type Source = PlacedChunk & { file: string; remote: boolean }

/**
 * Writes the files of a folder of a depot, with holes where they are zeros, and has them written to the disk. Its manifest is written last.
 * @throws StackrigError SNAPSHOT_BROKEN, and those of the depot
 */
export async function assemble(
  depot: Depot,
  note: FolderNote,
  folder: string,
  options: AssembleOptions,
): Promise<Travelled> {
  const { known, mode, signal, onProgress } = options
  const sources = plan(note, known)
  const remote = sources.filter((source) => source.remote)
  const came = { total: 0, travelled: 0 }
  const coming = readChunks(depot, remote, signal)
  try {
    for (const [name, { size }] of Object.entries(note.files)) {
      const file = join(folder, name)
      await using handle = await open(file, 'wx', mode)
      for (const source of sources.filter((one) => one.file === name)) {
        signal?.throwIfAborted()
        const data = await take(source)
        await writeWhole(handle, data, source.at)
        came.total += data.length
        known.add(file, source)
      }
      await handle.truncate(size)
      await handle.sync()
      onProgress?.(`${name} is here`)
    }
  } finally {
    await coming.return(undefined)
  }
  for (const [name, target] of Object.entries(note.links)) await symlink(target, join(folder, name))
  await using manifest = await open(join(folder, 'manifest.json'), 'wx', mode)
  await manifest.writeFile(note.manifest)
  await manifest.sync()
  return came

  async function take({ digest, length, remote: isRemote }: Source): Promise<Buffer> {
    const data = isRemote ? undefined : await known.read(digest)
    if (data?.length === length) return data
    came.travelled += length
    if (isRemote) return nextOf(coming)
    return nextOf(readChunks(depot, [{ digest, length }], signal))
  }
}

/** Each chunk comes once: where it is named again, it is read from the file that it was written to. */
function plan({ files }: FolderNote, known: KnownChunks): Source[] {
  const asked = new Set<string>()
  return Object.entries(files).flatMap(([file, { size, chunks }]) =>
    placedChunks(chunks, size).map((chunk) => {
      const remote = !asked.has(chunk.digest) && !known.has(chunk.digest)
      asked.add(chunk.digest)
      return { ...chunk, file, remote }
    }),
  )
}

async function nextOf(chunks: AsyncGenerator<Buffer, void>): Promise<Buffer> {
  const next = await chunks.next()
  if (next.done === true) throw new TypeError('a chunk that was asked for must come, or fail')
  return next.value
}
