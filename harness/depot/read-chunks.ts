import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { execa } from 'execa'
import { StackrigError } from '../errors/index.js'
import { chunkSize, digestOf, type PlacedChunk } from './cut.js'
import { chunkPath, type Depot } from './depot.js'

/** So many chunks are asked for before the first of them is there. */
const ahead = 16

export type WantedChunk = Pick<PlacedChunk, 'digest' | 'length'>

/**
 * What chunks hold, in this order; each is compared with its digest. All of them are decompressed by one start of zstd: frames that
 * follow one another are one stream to it (zstd(1)).
 * @throws StackrigError SNAPSHOT_BROKEN naming the chunk that is not there or holds something else.
 */
export async function* readChunks(
  depot: Depot,
  chunks: readonly WantedChunk[],
  signal?: AbortSignal,
): AsyncGenerator<Buffer, void> {
  if (chunks.length === 0) return
  const zstd = spawn('zstd', ['-d', '-q', '-c'], { stdio: ['pipe', 'pipe', 'ignore'] })
  // It ends when its input does, or when it is killed below; what it could not write is told by its status.
  zstd.stdin.on('error', () => undefined)
  const closed = once(zstd, 'close') as Promise<[number | null]>
  closed.catch(() => undefined)
  let given = 0
  const fed: { failure?: Error } = {}
  const feeding = feed(zstd.stdin, { depot, chunks, signal, closed }).catch((error: unknown) => {
    fed.failure = error instanceof Error ? error : new Error(String(error))
    zstd.kill('SIGKILL')
  })
  try {
    for await (const data of inLengths(zstd.stdout, chunks)) {
      signal?.throwIfAborted()
      if (digestOf(data) !== chunks[given]?.digest) break
      given++
      yield data
    }
    if (given === chunks.length) return
    zstd.kill('SIGKILL')
    await feeding
    signal?.throwIfAborted()
    if (fed.failure) throw fed.failure
    throw await tornChunk(depot, chunks.slice(given), signal)
  } finally {
    zstd.kill('SIGKILL')
    await feeding
    await closed.catch(() => undefined)
  }
}

interface Feed {
  depot: Depot
  chunks: readonly WantedChunk[]
  signal: AbortSignal | undefined
  /** When zstd has ended, and reads no more. */
  closed: Promise<unknown>
}

async function feed(stdin: NodeJS.WritableStream, { depot, chunks, signal, closed }: Feed): Promise<void> {
  const coming: Promise<Buffer>[] = []
  let next = 0
  const state = { ended: false }
  const end = closed.finally(() => (state.ended = true))
  end.catch(() => undefined)
  while (next < chunks.length || coming.length > 0) {
    for (let chunk = chunks[next]; chunk && coming.length < ahead; chunk = chunks[++next]) {
      const reading = depot.readChunk(chunk.digest, signal)
      reading.catch(() => undefined)
      coming.push(reading)
    }
    const data = await coming.shift()
    // Not by `once` of node:events, which fails when zstd has closed its end: why it did is found out afterwards.
    if (data && !stdin.write(data))
      await Promise.race([new Promise((resolve) => stdin.once('drain', resolve)), end])
    if (state.ended) return
  }
  stdin.end()
}

/** A stream in pieces of the lengths of chunks; the last may be missing. */
async function* inLengths(
  stream: AsyncIterable<Buffer>,
  chunks: readonly WantedChunk[],
): AsyncGenerator<Buffer> {
  let index = 0
  let piece = Buffer.alloc(chunks[0]?.length ?? 0)
  let filled = 0
  for await (const part of stream) {
    for (let at = 0; at < part.length;) {
      const count = part.copy(piece, filled, at)
      at += count
      filled += count
      if (filled < piece.length) continue
      yield piece
      const next = chunks[++index]
      if (!next) return
      piece = Buffer.alloc(next.length)
      filled = 0
    }
  }
}

/** Which of some chunks it is: zstd does not say, and may not have written all that was sound. */
async function tornChunk(
  depot: Depot,
  chunks: readonly WantedChunk[],
  signal: AbortSignal | undefined,
): Promise<StackrigError> {
  for (const chunk of chunks) {
    const wrong = await wrongWith(depot, chunk, signal)
    if (wrong === undefined) continue
    return new StackrigError('SNAPSHOT_BROKEN', 'a chunk of a depot must hold what its name says', {
      where: `${depot.where}/${chunkPath(chunk.digest)}`.replace('//chunks', '/chunks'),
      seen: wrong,
      next: 'where the golden snapshot is: npx stackrig golden push FOLDER START --verify',
    })
  }
  return new StackrigError('SNAPSHOT_BROKEN', 'chunks of a depot must be read whole', {
    where: depot.where,
    seen: 'what came was cut short, and each of them is whole now',
    next: 'start again',
  })
}

/** What is wrong with a chunk of a depot, in words; undefined when nothing is. @throws StackrigError SNAPSHOT_BROKEN when it is not there. */
export async function wrongWith(
  depot: Depot,
  { digest }: WantedChunk,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const kept = await depot.readChunk(digest, signal)
  try {
    return digestOf(await decompress(kept)) === digest ? undefined : 'it holds something else'
  } catch {
    return 'zstd cannot read it'
  }
}

/** Those of some chunks that are in a depot and do not hold what their names say. */
export async function tornChunks(
  depot: Depot,
  chunks: readonly WantedChunk[],
  signal?: AbortSignal,
): Promise<string[]> {
  const torn: string[] = []
  for (let from = 0; from < chunks.length; from++) {
    from += await countSound(depot, chunks.slice(from), signal)
    // Among those that follow is one that is not.
    for (; from < chunks.length; from++) {
      const chunk = chunks[from]
      if (!chunk || (await wrongWith(depot, chunk, signal)) === undefined) continue
      torn.push(chunk.digest)
      break
    }
  }
  return torn
}

/** How many of the first are read without a fault. */
async function countSound(
  depot: Depot,
  chunks: readonly WantedChunk[],
  signal: AbortSignal | undefined,
): Promise<number> {
  let sound = 0
  try {
    for await (const data of readChunks(depot, chunks, signal)) sound += data.length > 0 ? 1 : 0
  } catch (error) {
    signal?.throwIfAborted()
    if (!(error instanceof StackrigError) || error.code !== 'SNAPSHOT_BROKEN') throw error
  }
  return sound
}

async function decompress(kept: Buffer): Promise<Uint8Array> {
  const { stdout } = await execa('zstd', ['-d', '-q', '-c'], {
    ...{ input: kept, encoding: 'buffer', maxBuffer: 4 * chunkSize, timeout: 60_000 },
  })
  return stdout
}
