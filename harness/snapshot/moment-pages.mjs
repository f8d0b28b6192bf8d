// A thread that reads and writes the memory of one node: it compares and compresses beside everything else, and several of
// them read at the same time. Plain JavaScript: worker_threads loads it as it is.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  closeSync,
  createWriteStream,
  fstatSync,
  openSync,
  read,
  readFileSync,
  readSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { finished } from 'node:stream/promises'
import { promisify } from 'node:util'
import { parentPort } from 'node:worker_threads'

const readLater = promisify(read)

const pageSize = 4096
const wordsOfPage = pageSize / 4
/** Memory is moved in pieces of this size, bytes. */
const pieceSize = 8 * 1024 ** 2
const pagesOfPiece = pieceSize / pageSize
/** From so many on it is worth while to have another thread read them. */
const pagesBeside = 64

/** What a file of pages begins with; then their count, their numbers, and the pages, each XORed with that of the base. */
const magic = 0x314d5253

/**
 * What a machine has its memory in, as QEMU calls it: the golden snapshot's file, mapped privately, or one of its own in the sandbox, which
 * it writes to. The base of the first is that file, of the second all zeros.
 * @typedef {{ process: string, file: string, isOwn: boolean }} Place
 */
/**
 * Where it is: `memory` is open, and has the first page at `at`; the process has it at `start`.
 * @typedef {{ memory: number, at: number, pagemap: number, start: number, pages: number }} Mapping
 */
/** One run of pages and where its data lies. @typedef {{ first: number, count: number }} Run */

/** Open in a node whose moment is being taken. @type {Mapping | undefined} */
let source
/** Whether its base is all zeros; otherwise the golden snapshot's memory, which is open then. */
let isOwn = false
let golden = -1
/** How many pages the machine had changed when that was looked at. */
let expected = 0
/** Buffers that were touched before the node stands still: to get memory from the kernel takes time, too. @type {Int32Array[]} */
let pieces = []
/** Numbers of the pages that were read, in the order in which they lie in the pieces. @type {number[]} */
let numbers = []
/**
 * Two words for each page, which tell what it was in the last moment; zeros for one that is the base's.
 * @type {Int32Array}
 */
let last = new Int32Array(0)
/** Moments that were unpacked, the oldest first: the numbers of their pages, and a file in which those lie. @type {{ numbers: Int32Array, file: number }[]} */
let unpacked = []

/** @param {number} at @returns {Int32Array} */
function pieceAt(at) {
  return (pieces[at] ??= new Int32Array(pieceSize / 4).fill(0))
}

/** The n-th page that was read. @param {number} n */
function pageAt(n) {
  const start = (n % pagesOfPiece) * wordsOfPage
  return pieceAt(Math.floor(n / pagesOfPiece)).subarray(start, start + wordsOfPage)
}

/**
 * The mapping of the memory's file (proc(5), /proc/PID/maps). What lies in a file of the machine's own is read from there: the kernel is twice
 * as fast with it as with the memory of a process.
 * @param {Place} place @param {'r' | 'w'} to @returns {Mapping}
 */
function mappingOf({ process, file, isOwn }, to) {
  const name = file.slice(file.lastIndexOf('/'))
  const kind = isOwn ? / ..-s / : / ..-p /
  const lines = readFileSync(`${process}/maps`, 'utf8').split('\n')
  const found = lines.filter((line) => line.endsWith(name) && kind.test(line))
  const [, from = '', end = ''] = /^([0-9a-f]+)-([0-9a-f]+) ..-[ps] 0+ /.exec(found[0] ?? '') ?? []
  if (found.length !== 1 || from === '')
    throw new Error(`${file} is mapped ${found.length} times: ${found.join('; ')}`)
  const start = Number.parseInt(from, 16)
  const fromFile = isOwn && to === 'r'
  return {
    memory: fromFile ? openSync(`${process}/root${file}`, 'r') : openSync(`${process}/mem`, 'r+'),
    at: fromFile ? 0 : start,
    pagemap: openSync(`${process}/pagemap`, 'r'),
    start,
    pages: (Number.parseInt(end, 16) - start) / pageSize,
  }
}

/** @param {Mapping | undefined} mapping */
function release(mapping) {
  if (!mapping) return
  closeSync(mapping.memory)
  closeSync(mapping.pagemap)
}

/** @param {number} file @param {Uint8Array} target @param {number} position */
function readWhole(file, target, position) {
  for (let done = 0; done < target.length;) {
    const count = readSync(file, target, done, target.length - done, position + done)
    if (count === 0) throw new Error(`it ends at byte ${position + done}`)
    done += count
  }
}

/** The same by another thread of Node's. @param {number} file @param {Uint8Array} target @param {number} position */
async function readBeside(file, target, position) {
  for (let done = 0; done < target.length;) {
    const { bytesRead } = await readLater(file, target, done, target.length - done, position + done)
    if (bytesRead === 0) throw new Error(`it ends at byte ${position + done}`)
    done += bytesRead
  }
}

/** @param {number} file @param {Uint8Array} data @param {number} position */
function writeWhole(file, data, position) {
  for (let done = 0; done < data.length;)
    done += writeSync(file, data, done, data.length - done, position + done)
}

/** @param {Int32Array} words */
const bytesOf = (words) => new Uint8Array(words.buffer, words.byteOffset, words.byteLength)

/**
 * The pages that the guest has written to: of a private mapping the anonymous ones, of a file of the machine's own those that are there
 * (Linux, admin-guide/mm/pagemap: bit 63 present, 62 swapped, 61 of a file). A page of a file may be there and not be mapped, as one that
 * was swapped out: when the file has more pages than are seen, all are taken.
 * @param {Mapping} mapping @param {boolean} isOwn @returns {Run[]}
 */
function changedRuns({ memory, pagemap, start, pages }, isOwn) {
  const entries = new Uint32Array(2 * pages)
  readWhole(pagemap, new Uint8Array(entries.buffer), (start / pageSize) * 8)
  /** @type {Run[]} */
  const runs = []
  /** @type {Run | undefined} */
  let run
  let seen = 0
  for (let page = 0; page < pages; page++) {
    const flags = entries[2 * page + 1] ?? 0
    const changed = isOwn
      ? (flags & 0x80000000) !== 0
      : (flags & 0xc0000000) !== 0 && (flags & 0x20000000) === 0
    if (!changed) {
      run = undefined
      continue
    }
    seen++
    if (run) run.count++
    else runs.push((run = { first: page, count: 1 }))
  }
  // The block of stat(2) has 512 bytes.
  if (isOwn && seen < (fstatSync(memory).blocks * 512) / pageSize) return [{ first: 0, count: pages }]
  return runs
}

/** XORs a page with another; tells what came out in two words, zeros for nothing. @param {Int32Array} page @param {Int32Array} other @param {Int32Array} told */
function differ(page, other, told) {
  let any = 0
  let one = 0
  let two = 0
  for (let at = 0; at < wordsOfPage; at++) {
    const word = (page[at] ?? 0) ^ (other[at] ?? 0)
    page[at] = word
    any |= word
    one = Math.imul(one ^ word, 0x9e3779b1)
    one ^= one >>> 15
    two = Math.imul(((two << 13) | (two >>> 19)) + word, 0x85ebca77)
  }
  told[0] = any === 0 ? 0 : one | 1
  told[1] = any === 0 ? 0 : two
}

/** What the thread can be asked for. @type {Record<string, (body: any) => unknown>} */
const requests = {
  /** Before the node stands still, and before there is memory for it. @param {Place} place */
  look(place) {
    release(source)
    source = mappingOf(place, 'r')
    isOwn = place.isOwn
    if (!isOwn && golden < 0) golden = openSync(place.file, 'r')
    expected = changedRuns(source, isOwn).reduce((sum, run) => sum + run.count, 0)
    return { bytes: expected * pageSize }
  },

  /** The same, when there is. */
  prepare() {
    for (let at = 0; at <= (expected * 1.1) / pagesOfPiece; at++) pieceAt(at)
  },

  /** While it does: large pieces by several threads, for that is what the node waits for. */
  async read() {
    if (!source) throw new Error('nothing was prepared')
    numbers = []
    /** @type {Promise<void>[]} */
    const reading = []
    for (const { first, count } of changedRuns(source, isOwn)) {
      for (let done = 0; done < count;) {
        const inPiece = numbers.length % pagesOfPiece
        const some = Math.min(count - done, pagesOfPiece - inPiece)
        const piece = bytesOf(pieceAt(Math.floor(numbers.length / pagesOfPiece)))
        const target = piece.subarray(inPiece * pageSize, (inPiece + some) * pageSize)
        const position = source.at + (first + done) * pageSize
        if (some < pagesBeside) readWhole(source.memory, target, position)
        else reading.push(readBeside(source.memory, target, position))
        for (let page = 0; page < some; page++) numbers.push(first + done + page)
        done += some
      }
    }
    await Promise.all(reading)
    return { pages: numbers.length }
  },

  /** After it goes on: what differs, from the last moment or from the base. @param {{ file: string, chained: boolean }} body */
  async keep({ file, chained }) {
    if (!source) throw new Error('nothing was prepared')
    const before = chained ? last : new Int32Array(2 * source.pages)
    const now = new Int32Array(2 * source.pages)
    const looked = new Uint8Array(source.pages)
    const original = new Int32Array(wordsOfPage)
    const told = new Int32Array(2)
    /** @type {number[]} */
    const kept = []
    for (const [n, number] of numbers.entries()) {
      if (!isOwn) readWhole(golden, bytesOf(original), number * pageSize)
      const page = pageAt(n)
      differ(page, original, told)
      now.set(told, 2 * number)
      looked[number] = 1
      if (now[2 * number] === before[2 * number] && now[2 * number + 1] === before[2 * number + 1]) continue
      if (kept.length !== n) pageAt(kept.length).set(page)
      kept.push(number)
    }
    // What is the base's again, because the guest has given it back, and was not in the last moment.
    const differing = kept.length
    for (let number = 0; number < source.pages; number++) {
      const was = (before[2 * number] ?? 0) | (before[2 * number + 1] ?? 0)
      if (was !== 0 && looked[number] === 0) kept.push(number)
    }
    for (let n = differing; n < kept.length; n++) pageAt(n).fill(0)
    await compress(file, kept)
    last = now
    release(source)
    source = undefined
    pieces = []
    return { pages: kept.length }
  },

  /** Unpacks moments, the oldest first. @param {{ files: string[], into: string }} body */
  async load({ files, into }) {
    await unpackAll(files, into)
  },

  /** Makes one file of those of several moments, the oldest first. @param {{ files: string[], file: string }} body */
  async merge({ files, file }) {
    await unpackAll(files, file)
    numbers = []
    forEachRun((first, words) => {
      for (let at = 0; at < words.length; at += wordsOfPage) {
        pageAt(numbers.length).set(words.subarray(at, at + wordsOfPage))
        numbers.push(first + at / wordsOfPage)
      }
    })
    await compress(file, numbers)
    return { pages: numbers.length }
  },

  /** Puts what was unpacked in its place in a machine that does not run yet. @param {Place} place */
  put(place) {
    const mapping = mappingOf(place, 'w')
    const before = place.isOwn ? undefined : openSync(place.file, 'r')
    const original = new Int32Array(pieceSize / 4)
    forEachRun((first, words) => {
      if (before !== undefined) {
        readWhole(before, bytesOf(original.subarray(0, words.length)), first * pageSize)
        for (let at = 0; at < words.length; at++) words[at] = (words[at] ?? 0) ^ (original[at] ?? 0)
      }
      writeWhole(mapping.memory, bytesOf(words), mapping.at + first * pageSize)
    })
    if (before !== undefined) closeSync(before)
    release(mapping)
  },
}

/**
 * Tells of all pages of what was unpacked, the latest of each: those that follow each other lie together, as they do in the guest.
 * Memory is used again and again: to get more from the kernel takes longer than all that is done with it.
 * @param {(first: number, words: Int32Array) => void} tell
 */
function forEachRun(tell) {
  /** @type {Map<number, number>} */
  const latest = new Map()
  for (const [moment, { numbers }] of unpacked.entries())
    for (const number of numbers) latest.set(number, moment)
  const piece = new Int32Array(pieceSize / 4)
  for (const [moment, { numbers, file }] of unpacked.entries()) {
    const start = 8 + 4 * numbers.length
    for (let from = 0; from < numbers.length; from += pagesOfPiece) {
      const end = Math.min(from + pagesOfPiece, numbers.length)
      readWhole(file, bytesOf(piece.subarray(0, (end - from) * wordsOfPage)), start + from * pageSize)
      for (let n = from; n < end;) {
        const begin = n
        const first = numbers[begin] ?? 0
        const follows = () => numbers[n] === first + n - begin && latest.get(first + n - begin) === moment
        while (n < end && follows()) n++
        if (n > begin) tell(first, piece.subarray((begin - from) * wordsOfPage, (n - from) * wordsOfPage))
        else n++
      }
    }
    closeSync(file)
  }
  unpacked = []
}

/** @param {string} file @param {number[]} kept */
async function compress(file, kept) {
  const output = createWriteStream(file, { flags: 'wx', mode: 0o600 })
  const zstd = spawn('zstd', ['-1', '-q', '-c'], { stdio: ['pipe', 'pipe', 'ignore'] })
  const ended = once(zstd, 'close')
  const written = finished(zstd.stdout.pipe(output))
  /** @param {Uint8Array} data */
  const write = async (data) => {
    if (!zstd.stdin.write(data)) await Promise.race([once(zstd.stdin, 'drain'), written])
  }
  await write(bytesOf(Int32Array.of(magic, kept.length)))
  await write(bytesOf(Int32Array.from(kept)))
  for (let n = 0; n < kept.length; n += pagesOfPiece) {
    const words = Math.min(kept.length - n, pagesOfPiece) * wordsOfPage
    await write(bytesOf(pieceAt(n / pagesOfPiece).subarray(0, words)))
  }
  zstd.stdin.end()
  await written
  const [status] = await ended
  if (status !== 0) throw new Error(`zstd ended with ${status}`)
}

/** One after the other: a chain may be long. @param {string[]} files @param {string} into */
async function unpackAll(files, into) {
  unpacked = []
  for (const [n, file] of files.entries()) unpacked.push(await unpack(file, `${into}.${n}`))
}

/**
 * Into a file, which has no name any more when this resolves: what zstd says into a pipe comes in many small pieces of new memory, and
 * takes five times as long to take.
 * @param {string} file @param {string} into
 */
async function unpack(file, into) {
  const zstd = spawn('zstd', ['-d', '-q', '--no-progress', file, '-o', into], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  zstd.stderr.on('data', (data) => (said += data))
  const [status] = await once(zstd, 'close')
  if (/No space left|quota exceeded/.test(said))
    throw Object.assign(new Error(said.trim()), { code: 'ENOSPC' })
  if (status !== 0) throw new Error(`zstd ended with ${status}: ${said.trim()}`)
  const descriptor = openSync(into, 'r')
  rmSync(into)
  const header = new Int32Array(2)
  readWhole(descriptor, bytesOf(header), 0)
  const [found, count = 0] = header
  const { size } = fstatSync(descriptor)
  if (found !== magic || size !== 8 + count * (4 + pageSize)) throw new Error(`${file} is not of its form`)
  const numbers = new Int32Array(count)
  readWhole(descriptor, bytesOf(numbers), 8)
  return { numbers, file: descriptor }
}

parentPort?.on('message', async ({ id, name, body }) => {
  try {
    const answer = requests[name]
    if (!answer) throw new Error(`no request ${name}`)
    parentPort?.postMessage({ id, answer: await answer(body) })
  } catch (error) {
    const { message, code } = /** @type {NodeJS.ErrnoException} */ (error)
    parentPort?.postMessage({ id, failure: { message, code } })
  }
})
