import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'

/** Written when all other files of a folder are there: what they are. */
const manifestFile = 'manifest.json'
/** When the digests were last compared, and how the files looked then. */
const checkedFile = 'checked.json'
/** Its time says when the folder was last used; it is no part of what is checked. */
export const usedFile = 'used'

const blockSize = 65_536
const zeros = Buffer.alloc(blockSize)

const manifestSchema = z.strictObject({
  files: z.record(z.string(), z.strictObject({ size: z.int().nonnegative(), digest: z.string() })),
})
type Manifest = z.infer<typeof manifestSchema>

const checkedSchema = z.strictObject({
  /** Of the host: what lies on a disk may change while it is off. */
  boot: z.string(),
  files: z.record(z.string(), z.string()),
})

/**
 * sha256 over the blocks of 64 KiB that are not all zero, each after its number: the memory of a guest is mostly holes, and
 * a copy of it may have others.
 */
async function digestOf(file: string): Promise<string> {
  await using handle = await open(file, 'r')
  const hash = createHash('sha256')
  const chunk = Buffer.alloc(64 * blockSize)
  for (let position = 0; ;) {
    const { bytesRead } = await handle.read(chunk, 0, chunk.length, position)
    if (bytesRead === 0) return hash.digest('hex')
    for (let at = 0; at < bytesRead; at += blockSize) {
      const block = chunk.subarray(at, Math.min(at + blockSize, bytesRead))
      if (block.equals(zeros.subarray(0, block.length))) continue
      hash.update(`${position + at}\n`).update(block)
    }
    position += bytesRead
  }
}

async function sync(path: string): Promise<void> {
  await using handle = await open(path, 'r')
  await handle.sync()
}

const filesOf = async (folder: string): Promise<string[]> => {
  const entries = await readdir(folder, { withFileTypes: true })
  const names = entries.filter((entry) => entry.isFile()).map(({ name }) => name)
  return names.filter((name) => ![manifestFile, checkedFile, usedFile].includes(name)).sort()
}

/** What a file looks like from outside: any write to it changes this (inode(7)). */
async function look(file: string): Promise<string> {
  const { size, ino, mtimeMs, ctimeMs } = await stat(file)
  return [size, ino, mtimeMs, ctimeMs].join(' ')
}

const bootOfHost = async (): Promise<string> =>
  (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim()

/** Says in a folder that is complete what every file in it is, and has all of it written to the disk. */
export async function writeManifest(folder: string): Promise<void> {
  const files: Manifest['files'] = {}
  for (const name of await filesOf(folder)) {
    const file = join(folder, name)
    await sync(file)
    files[name] = { size: (await stat(file)).size, digest: await digestOf(file) }
  }
  await writeFile(join(folder, manifestFile), JSON.stringify({ files }, null, 2))
  await sync(join(folder, manifestFile))
  await noteChecked(folder)
  await sync(folder)
}

async function noteChecked(folder: string): Promise<void> {
  const files: Record<string, string> = {}
  for (const name of await filesOf(folder)) files[name] = await look(join(folder, name))
  const text = JSON.stringify({ boot: await bootOfHost(), files })
  const fresh = join(folder, `${checkedFile}.${process.pid}`)
  await writeFile(fresh, text)
  await rename(fresh, join(folder, checkedFile))
}

/**
 * What is wrong with the files of a folder, in a sentence; undefined when they are what its manifest says. Digests are
 * compared once a boot of the host, and whenever a file looks different from outside.
 */
export async function checkManifest(folder: string): Promise<string | undefined> {
  const manifest = await readManifest(folder)
  if (typeof manifest === 'string') return manifest
  const names = await filesOf(folder)
  const missing = Object.keys(manifest.files).find((name) => !names.includes(name))
  if (missing !== undefined) return `${missing} is missing`
  if (await looksAsChecked(folder, Object.keys(manifest.files))) return undefined
  for (const [name, { size, digest }] of Object.entries(manifest.files)) {
    const file = join(folder, name)
    const found = (await stat(file)).size
    if (found !== size) return `${name} has ${found} bytes; it was written with ${size}`
    if ((await digestOf(file)) !== digest) return `${name} holds something else than was written`
  }
  await noteChecked(folder)
  return undefined
}

async function readManifest(folder: string): Promise<Manifest | string> {
  const file = join(folder, manifestFile)
  if (!existsSync(file)) return `${manifestFile} is missing`
  try {
    return manifestSchema.parse(JSON.parse(await readFile(file, 'utf8')))
  } catch {
    return `${manifestFile} is not of its form`
  }
}

async function looksAsChecked(folder: string, names: string[]): Promise<boolean> {
  try {
    const { boot, files } = checkedSchema.parse(JSON.parse(await readFile(join(folder, checkedFile), 'utf8')))
    if (boot !== (await bootOfHost())) return false
    const looks = await Promise.all(
      names.map(async (name) => (await look(join(folder, name))) === files[name]),
    )
    return looks.every(Boolean)
  } catch {
    return false
  }
}

/** Tells a complete folder from every other: a digest of what its files are. */
export async function manifestDigest(folder: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(join(folder, manifestFile)))
    .digest('hex')
}

/** Takes a folder that failed its check out of the way, with the reason in it; the last one of each name is kept. */
export async function setAside(folder: string, reason: string): Promise<string> {
  const aside = `${folder}.bad`
  await rm(aside, { recursive: true, force: true })
  await rename(folder, aside)
  await writeFile(join(aside, 'reason.txt'), `${reason}\n`)
  return aside
}

/** Renames a folder into its place, so that it is there also after the host has lost power. */
export async function publish(from: string, to: string): Promise<void> {
  await rename(from, to)
  await sync(join(to, '..'))
}
