import { existsSync, readdirSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { makeFolder } from '../make-folder.js'
import { checkManifest, writeManifest } from '../manifest.js'
import { passingFolder } from '../testing/passing-folder.js'
import { assemble, type Travelled } from './assemble.js'
import { chunkSize, placedChunks } from './cut.js'
import { cutFolder } from './cut-folder.js'
import { chunkPath, type Depot } from './depot.js'
import { FolderDepot } from './folder-depot.js'
import { KnownChunks } from './known-chunks.js'
import type { FolderNote } from './note.js'
import { openDepot, openFolder } from './open-depot.js'
import { readChunks, tornChunks } from './read-chunks.js'
import { Staging } from './staging.js'
import { ChunkWriter } from './write-chunks.js'

const own = passingFolder()
afterAll(() => own[Symbol.dispose]())

let places = 0
function place(): string {
  const folder = join(own.path, `place-${++places}`)
  makeFolder(folder)
  return folder
}

/** Bytes that do not compress, and are the same for the same seed. */
function noise(length: number, seed: number): Buffer {
  const data = Buffer.alloc(length)
  for (let at = 0, state = seed + 1; at < length; at++) {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    data[at] = state >> 16
  }
  return data
}

/** A folder with what golden snapshots and images have: holes, pieces that repeat, an end that is no chunk, nothing at all, a link. */
async function someFolder(seed = 1): Promise<string> {
  const folder = place()
  const [one, other] = [noise(chunkSize, seed), noise(chunkSize, seed + 1)]
  const hole = Buffer.alloc(3 * chunkSize)
  writeFileSync(join(folder, 'memory'), Buffer.concat([one, hole, other, one, noise(100, seed + 2)]))
  truncateSync(join(folder, 'memory'), 40 * chunkSize + 7)
  writeFileSync(join(folder, 'state'), 'a few words')
  writeFileSync(join(folder, 'empty'), '')
  symlinkSync('state', join(folder, 'link'))
  await writeManifest(folder)
  return folder
}

async function push(depot: FolderDepot, folder: string): Promise<FolderNote & { travelled: number }> {
  const there = await depot.chunks()
  await using writer = await ChunkWriter.open(depot, { scratch: join(own.path, 'scratch'), there })
  const note = await cutFolder(folder, (digest, data) => writer.add(digest, data))
  await writer.end()
  return { ...note, travelled: writer.travelled }
}

async function pull(
  depot: Depot,
  note: FolderNote,
  known = new KnownChunks(),
): Promise<Travelled & { folder: string }> {
  const folder = place()
  const came = await assemble(depot, note, folder, { known, mode: 0o600 })
  expect(await checkManifest(folder)).toBeUndefined()
  return { ...came, folder }
}

const chunksOf = ({ files }: FolderNote) =>
  Object.values(files).flatMap(({ size, chunks }) => placedChunks(chunks, size))

test('what is pulled is what was pushed; only what is new travels, either way', async () => {
  const depot = openFolder(place())
  const folder = await someFolder()
  const first = await push(depot, folder)
  // One of them twice; the end of the file is zeros but for 100 bytes.
  expect(first.travelled).toBe(3 * chunkSize + 'a few words'.length)
  expect((await push(depot, folder)).travelled).toBe(0)
  const known = new KnownChunks()
  const pulled = await pull(depot, first, known)
  expect(pulled).toMatchObject({ total: 4 * chunkSize + 11, travelled: 3 * chunkSize + 11 })
  for (const name of ['memory', 'state', 'empty', 'link'])
    expect(readFileSync(join(pulled.folder, name)).equals(readFileSync(join(folder, name))), name).toBe(true)

  const changed = readFileSync(join(folder, 'memory'))
  changed.writeUInt8(changed.readUInt8(chunkSize * 4 + 5) ^ 1, chunkSize * 4 + 5)
  writeFileSync(join(folder, 'memory'), changed)
  await writeManifest(folder)
  const second = await push(depot, folder)
  expect(second.travelled).toBe(chunkSize)
  expect((await pull(depot, second, known)).travelled).toBe(chunkSize)
  // What this machine is said to have may have changed meanwhile.
  writeFileSync(join(pulled.folder, 'memory'), 'gone')
  const stale = new KnownChunks()
  stale.addFolder(pulled.folder, first)
  expect((await pull(depot, second, stale)).travelled).toBe(3 * chunkSize)
  expect(readdirSync(depot.unfinished)).toEqual([])
})

test('two push at once to one folder', async () => {
  const depot = openFolder(place())
  const folders = [await someFolder(1), await someFolder(1), await someFolder(2)]
  const notes = await Promise.all(folders.map((folder) => push(depot, folder)))
  for (const note of notes) await pull(depot, note)
  expect(readdirSync(depot.unfinished)).toEqual([])
})

test('what a push left that was killed goes with the next one, and not before it has ended', async () => {
  const below = place()
  const alive = await Staging.open(below)
  const mark = '0123456789abcdef'
  makeFolder(join(below, mark))
  writeFileSync(join(below, `${mark}.lock`), '')
  writeFileSync(join(below, mark, 'half'), 'x')
  await using next = await Staging.open(below)
  expect(existsSync(join(below, mark))).toBe(false)
  expect([existsSync(alive.folder), existsSync(next.folder)]).toEqual([true, true])
  await alive[Symbol.asyncDispose]()
  expect(existsSync(alive.folder)).toBe(false)
})

const damages: Record<string, (file: string) => void> = {
  'cut short': (file) => truncateSync(file, readFileSync(file).length - 5),
  empty: (file) => writeFileSync(file, ''),
  'of other bytes': (file) => writeFileSync(file, noise(readFileSync(file).length, 9)),
  'one bit of which is another': (file) => {
    const data = readFileSync(file)
    data.writeUInt8(data.readUInt8(data.length >> 1) ^ 4, data.length >> 1)
    writeFileSync(file, data)
  },
}

test.each(Object.entries(damages))('a chunk that is %s is named, found and mended', async (_, damage) => {
  const depot = openFolder(place())
  const folder = place()
  // More than are asked for ahead, and of different lengths when compressed.
  writeFileSync(join(folder, 'disk'), Buffer.concat(Array.from({ length: 60 }, (__, n) => piece(n))))
  await writeManifest(folder)
  const note = await push(depot, folder)
  const chunks = chunksOf(note)
  const bad = chunks[37]?.digest ?? ''
  damage(join(depot.where, chunkPath(bad)))
  await expect(pull(depot, note)).rejects.toMatchObject({
    code: 'SNAPSHOT_BROKEN',
    message: expect.stringContaining(chunkPath(bad)) as unknown,
  })
  damage(join(depot.where, chunkPath(chunks[58]?.digest ?? '')))
  expect(await tornChunks(depot, chunks)).toEqual([bad, chunks[58]?.digest])
  // As `push --verify` does: they count as not there.
  const there = await depot.chunks()
  for (const digest of await tornChunks(depot, chunks)) there.delete(digest)
  await using writer = await ChunkWriter.open(depot, { scratch: join(own.path, 'scratch'), there })
  await cutFolder(folder, (digest, data) => writer.add(digest, data))
  await writer.end()
  expect(writer.travelled).toBe(2 * chunkSize)
  await pull(depot, note)
})

/** Half noise, half zeros but for a number. */
function piece(n: number): Buffer {
  const data = Buffer.alloc(chunkSize)
  data.writeUInt32LE(n + 1)
  noise(n * 1000, n).copy(data, 4)
  return data
}

test('a chunk that is not there, a file server that is not there, and what is no depot', async () => {
  const depot = openFolder(place())
  const gone = [{ digest: 'ab'.repeat(32), length: chunkSize }]
  const all = async (from: Depot): Promise<void> => {
    for await (const data of readChunks(from, gone)) expect(data).toBeUndefined()
  }
  await expect(all(depot)).rejects.toMatchObject({ code: 'SNAPSHOT_BROKEN' })
  const closed = openDepot('http://user:secret@127.0.0.1:1/')
  const failure: unknown = await all(closed).catch((error: unknown) => error)
  expect(failure).toMatchObject({ code: 'DEPOT_MISSING' })
  expect(String(failure)).not.toContain('secret')
  expect(await depot.readNote('golden/pocket/latest.json')).toBeUndefined()
  for (const address of ['ftp://host/', 'http://']) expect(() => openDepot(address)).toThrow(/http or https/)
  expect(() => openFolder('http://host/')).toThrow(/pushed to a folder/)
}, 120_000)

test('a file server that shows the folder is as good as the folder; one that breaks off is not', async () => {
  const depot = openFolder(place())
  const note = await push(depot, await someFolder())
  // A server of static files, as any; every third answer ends in the middle when it is told to.
  let asked = 0
  let breaks = false
  const server = createServer(({ url = '' }, answer) => {
    const file = join(depot.where, url.replace('/depot/', ''))
    if (!existsSync(file)) return void answer.writeHead(404).end()
    const data = readFileSync(file)
    answer.writeHead(200, { 'content-length': data.length })
    if (breaks && asked++ % 3 === 0) return void answer.write(data.subarray(0, 5), () => answer.destroy())
    answer.end(data)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const address = `http://127.0.0.1:${port}/depot`
  await pull(openDepot(address), note)
  breaks = true
  // It is asked again.
  await pull(openDepot(address), note)
  expect(await openDepot(address).readNote('golden/nothing.json')).toBeUndefined()
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
}, 120_000)
