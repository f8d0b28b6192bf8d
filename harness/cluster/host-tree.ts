import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { lstat, readdir, readlink } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { messageOf, StackrigError } from '../errors/index.js'

/** Something in a folder of this machine that is to be on a node as well. */
export type HostEntry =
  | { path: string; kind: 'file'; mode: number; sha256: string }
  | { path: string; kind: 'link'; target: string }

/** What belongs to the work on a tree, and not to the tree. */
const leftOut = new Set(['.git', '__pycache__'])

/**
 * The files and symbolic links below a folder, by their paths from it; '' for what is a file itself. Without `.git` and `__pycache__`.
 * @throws StackrigError USAGE when it cannot be read, or something in it is neither.
 */
export async function readHostTree(folder: string): Promise<HostEntry[]> {
  try {
    const found = await lstat(folder)
    if (!found.isDirectory()) return [await entryOf(folder, folder)]
    return await entriesIn(folder, folder)
  } catch (error) {
    if (error instanceof StackrigError) throw error
    throw new StackrigError('USAGE', 'what is to be copied to a node must be there, and readable', {
      where: folder,
      seen: messageOf(error),
      cause: error,
    })
  }
}

async function entriesIn(root: string, folder: string): Promise<HostEntry[]> {
  const all: HostEntry[] = []
  for (const found of (await readdir(folder, { withFileTypes: true })).sort(byName)) {
    if (leftOut.has(found.name)) continue
    const path = join(folder, found.name)
    if (found.isDirectory()) all.push(...(await entriesIn(root, path)))
    else all.push(await entryOf(root, path))
  }
  return all
}

const byName = (one: { name: string }, other: { name: string }): number => (one.name < other.name ? -1 : 1)

async function entryOf(root: string, path: string): Promise<HostEntry> {
  const found = await lstat(path)
  const itself = { path: relative(root, path) }
  // A node is asked about them line by line.
  if (/[\x00-\x1f\\]/.test(itself.path)) throw refused(path, 'a control character or a backslash in its name')
  if (found.isSymbolicLink()) return { ...itself, kind: 'link', target: await readlink(path) }
  if (!found.isFile()) throw refused(path, 'neither a file nor a symbolic link')
  return { ...itself, kind: 'file', mode: found.mode & 0o777, sha256: await digestOf(path) }
}

function refused(where: string, seen: string): StackrigError {
  return new StackrigError('USAGE', 'plain files and links can be copied to a node', { where, seen })
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path), hash)
  return hash.digest('hex')
}
