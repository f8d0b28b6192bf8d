import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import { readWhole } from '../whole-buffer.js'

/**
 * Bytes of a chunk. Memory and disks are written in place, so chunks of one length are found again; smaller ones are found again more
 * often, and are more files.
 */
export const chunkSize = 65_536

/** What follows one another in a file: the digest of a chunk, or how many chunks of zeros. */
export type ChunkRow = (string | number)[]

/** A piece of a file; without a digest it is all zeros. */
export interface Piece {
  data: Buffer
  digest?: string
}

const zeros = Buffer.alloc(chunkSize)

export const digestOf = (data: Uint8Array): string => createHash('sha256').update(data).digest('hex')

/** A file in pieces of `chunkSize`, but for the last. */
export async function* cutFile(file: string): AsyncGenerator<Piece> {
  await using handle = await open(file, 'r')
  const { size } = await handle.stat()
  for (let at = 0; at < size; at += chunkSize) {
    const data = Buffer.allocUnsafe(Math.min(chunkSize, size - at))
    if (!(await readWhole(handle, data, at))) throw new Error(`${file} became shorter while it was read`)
    yield data.equals(zeros.subarray(0, data.length)) ? { data } : { data, digest: digestOf(data) }
  }
}

/** Adds one more piece to a row. */
export function addTo(row: ChunkRow, { digest }: Piece): void {
  const last = row.at(-1)
  if (digest !== undefined) row.push(digest)
  else if (typeof last === 'number') row[row.length - 1] = last + 1
  else row.push(1)
}

/** A chunk, and where it lies in its file. */
export interface PlacedChunk {
  digest: string
  at: number
  length: number
}

/** The chunks of a file that are not zeros. */
export function placedChunks(row: ChunkRow, size: number): PlacedChunk[] {
  const placed: PlacedChunk[] = []
  let at = 0
  for (const entry of row) {
    if (typeof entry === 'number') at += entry * chunkSize
    else {
      placed.push({ digest: entry, at, length: Math.min(chunkSize, size - at) })
      at += chunkSize
    }
  }
  return placed
}
