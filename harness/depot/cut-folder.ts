import { lstat, readFile, readlink } from 'node:fs/promises'
import { join } from 'node:path'
import { hostFault } from '../errors/index.js'
import { parseManifest } from '../manifest.js'
import { addTo, cutFile, type ChunkRow } from './cut.js'
import type { FolderNote } from './note.js'

/** What is done with each chunk. */
type Take = (digest: string, data: Buffer) => Promise<unknown>

/** Cuts the files of a folder that its manifest names. @throws StackrigError HOST_FOLDER, HOST_LIMIT */
export async function cutFolder(folder: string, take: Take): Promise<FolderNote> {
  try {
    const manifest = await readFile(join(folder, 'manifest.json'), 'utf8')
    const note: FolderNote = { manifest, links: {}, files: {} }
    for (const name of Object.keys(parseManifest(manifest)?.files ?? {})) {
      const file = join(folder, name)
      const status = await lstat(file)
      if (status.isSymbolicLink()) note.links[name] = await readlink(file)
      else note.files[name] = { size: status.size, chunks: await cutInto(file, take) }
    }
    return note
  } catch (error) {
    throw hostFault(error, 'what is pushed must be read', folder)
  }
}

async function cutInto(file: string, take: Take): Promise<ChunkRow> {
  const row: ChunkRow = []
  for await (const piece of cutFile(file)) {
    addTo(row, piece)
    if (piece.digest !== undefined) await take(piece.digest, piece.data)
  }
  return row
}
