import { existsSync } from 'node:fs'
import { open, readdir, readFile, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { makeFolder } from '../make-folder.js'
import { cacheFolder } from '../paths.js'
import { replaceFile } from '../replace-file.js'
import { readWhole } from '../whole-buffer.js'
import { digestOf, placedChunks, type PlacedChunk } from './cut.js'
import { parseFolderNote, type FolderNote } from './note.js'

const listsFolder = (): string => join(cacheFolder(), 'depot', 'lists')

/** What of this machine's own a push or a pull writes down. */
interface List {
  folder: string
  note: FolderNote
}

/** Notes which chunks the files of a folder of this machine are made of: what comes later need not travel again. */
export function noteChunks(folder: string, note: FolderNote): void {
  makeFolder(listsFolder(), 0o700)
  const text = JSON.stringify({ folder, note } satisfies List)
  replaceFile(join(listsFolder(), `${basename(folder)}.json`), text, 0o600)
}

/** Chunks that lie in files of this machine. What a file holds may have changed since: each is compared when it is read. */
export class KnownChunks {
  readonly #places = new Map<string, PlacedChunk & { file: string }>()

  /** Those of all folders that were pushed or pulled here and are still there. */
  static async load(): Promise<KnownChunks> {
    const known = new KnownChunks()
    for (const name of await readdir(listsFolder()).catch(() => [])) {
      const file = join(listsFolder(), name)
      const list = await readList(file)
      if (list && existsSync(list.folder)) known.addFolder(list.folder, list.note)
      // Another process may be writing one.
      else if (name.endsWith('.json')) await rm(file, { force: true })
    }
    return known
  }

  addFolder(folder: string, { files }: FolderNote): void {
    for (const [name, { size, chunks }] of Object.entries(files))
      for (const chunk of placedChunks(chunks, size)) this.add(join(folder, name), chunk)
  }

  /** The last place that is named counts: one before may have been renamed. */
  add(file: string, chunk: PlacedChunk): void {
    this.#places.set(chunk.digest, { ...chunk, file })
  }

  has(digest: string): boolean {
    return this.#places.has(digest)
  }

  /** What a chunk holds; undefined when it is not there any more. */
  async read(digest: string): Promise<Buffer | undefined> {
    const place = this.#places.get(digest)
    if (!place) return undefined
    const data = Buffer.allocUnsafe(place.length)
    try {
      await using handle = await open(place.file, 'r')
      if ((await readWhole(handle, data, place.at)) && digestOf(data) === digest) return data
    } catch {
      // Its snapshot was pruned meanwhile.
    }
    this.#places.delete(digest)
    return undefined
  }
}

async function readList(file: string): Promise<List | undefined> {
  try {
    const { folder, note } = JSON.parse(await readFile(file, 'utf8')) as Partial<List>
    const parsed = parseFolderNote(JSON.stringify(note))
    return typeof folder === 'string' && parsed ? { folder, note: parsed } : undefined
  } catch {
    return undefined
  }
}
