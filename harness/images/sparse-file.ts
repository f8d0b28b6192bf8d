import { open, statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import { StackrigError } from '../errors/index.js'
import { writeWhole } from '../whole-buffer.js'

/** What stays free on the disk of the cache: other images and golden snapshots are written there, too. */
const reserve = 1024 ** 3
/** Larger than any disk of a node: a few kilobytes can say that they are terabytes. */
const longest = 512 * 1024 ** 3
/** How much is written between two looks at the room that is left. */
const lookEvery = 32 * 1024 ** 2
const block = 64 * 1024

/** Bytes that are free where a file is to be. */
export type Room = (folder: string) => Promise<number>
const freeBytes: Room = async (folder) => {
  const { bavail, bsize } = await statfs(folder)
  return bavail * bsize
}

/**
 * Writes a file of what comes, with holes where it is zero, and stops before the disk is full: most of an empty root file system is
 * zeros, and a file that is compressed does not say what becomes of it.
 * @throws StackrigError HOST_DISK when less than 1 GiB would stay free; IMAGE_MISMATCH when it has no end.
 */
export async function writeSparseFile(
  source: AsyncIterable<Uint8Array>,
  file: string,
  { room = freeBytes, limit = longest }: { room?: Room; limit?: number } = {},
): Promise<void> {
  const handle = await open(file, 'w')
  let length = 0
  let unseen = Infinity
  try {
    for await (const chunk of source) {
      for (const piece of pieces(chunk, length)) {
        if (length + piece.length > limit) throw endless(file, limit)
        if (!isZero(piece)) {
          if (unseen >= lookEvery) {
            const free = await room(dirname(file))
            if (free < reserve + lookEvery) throw noRoom(file, free, length)
            unseen = 0
          }
          unseen += piece.length
          await writeWhole(handle, piece, length)
        }
        length += piece.length
      }
    }
    await handle.truncate(length)
  } finally {
    await handle.close()
  }
}

/** Cut where blocks of the file begin, so that a block is all zeros or written. */
function* pieces(chunk: Uint8Array, at: number): Iterable<Uint8Array> {
  for (let from = 0; from < chunk.length;) {
    const until = Math.min(chunk.length, from + block - ((at + from) % block))
    yield chunk.subarray(from, until)
    from = until
  }
}

const zeros = Buffer.alloc(block)
const isZero = (piece: Uint8Array): boolean => zeros.subarray(0, piece.length).equals(piece)

const mebibytes = (bytes: number): string => `${Math.floor(bytes / 1024 ** 2)} MiB`

function noRoom(file: string, free: number, length: number): StackrigError {
  return new StackrigError(
    'HOST_DISK',
    'An image that is compressed must find room for itself in the cache.',
    {
      where: dirname(file),
      seen: `${mebibytes(length)} of it are unpacked, it goes on, and ${mebibytes(free)} are free; 1 GiB must stay`,
      next: 'free some, or set STACKRIG_CACHE to a larger disk',
    },
  )
}

function endless(file: string, limit: number): StackrigError {
  return new StackrigError('IMAGE_MISMATCH', 'An image that is compressed must be one of a disk.', {
    where: file,
    seen: `more than ${mebibytes(limit)} come out of it`,
    next: 'build the image again',
  })
}
