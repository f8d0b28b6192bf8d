import { createHash, randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { lstat, open, readdir, readFile, readlink, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as z from 'zod'

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
  if ((await lstat(file)).isSymbolicLink()) {
    return createHash('sha256')
      .update(`link ${await readlink(file)}`)
      .digest('hex')
  }
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

/** What this file writes beside those it is about. */
const isNote = (name: string): boolean => /^(used|(manifest|checked)\.json(\.[0-9a-f]{8})?)$/.test(name)

const filesOf = async (folder: string): Promise<string[]> => {
  const entries = await readdir(folder, { withFileTypes: true })
  const names = entries.filter((entry) => entry.isFile() || entry.isSymbolicLink()).map(({ name }) => name)
  return names.filter((name) => !isNote(name)).sort()
}

/** What a file looks like from outside: any write to it changes this (inode(7)). */
async function look(file: string): Promise<string> {
  const { size, ino, mtimeMs, ctimeMs } = await lstat(file)
  return [size, ino, mtimeMs, ctimeMs].join(' ')
}

/** Tells one boot of the host from the next (proc(5), boot_id). */
export const bootOfHost = async (): Promise<string> =>
  (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim()

/** Says in a folder that is complete what every file in it is, and has all of it written to the disk. */
export async function writeManifest(folder: string): Promise<void> {
  const files: Manifest['files'] = {}
  for (const name of await filesOf(folder)) {
    const file = join(folder, name)
    if (!(await lstat(file)).isSymbolicLink()) await sync(file)
    files[name] = { size: (await lstat(file)).size, digest: await digestOf(file) }
  }
  await replaceNote(folder, manifestFile, JSON.stringify({ files }, null, 2))
  await noteChecked(folder)
  await sync(folder)
}

async function noteChecked(folder: string): Promise<void> {
  const files: Record<string, string> = {}
  for (const name of [manifestFile, ...(await filesOf(folder))]) files[name] = await look(join(folder, name))
  await replaceNote(folder, checkedFile, JSON.stringify({ boot: await bootOfHost(), files }))
}

/** Nobody ever reads half of it, however many processes write it. */
async function replaceNote(folder: string, name: string, text: string): Promise<void> {
  const fresh = join(folder, `${name}.${randomBytes(4).toString('hex')}`)
  try {
    await writeFile(fresh, text)
    await sync(fresh)
    await rename(fresh, join(folder, name))
  } catch (error) {
    await rm(fresh, { force: true })
    throw error
  }
}

/**
 * What is wrong with the files of a folder, in a sentence; undefined when they are what its manifest says. The digest of a
 * file is compared once a boot of the host, and whenever it looks different from outside. Rejects with what the system
 * says when a file cannot be read: then nothing is known of it.
 */
export async function checkManifest(folder: string): Promise<string | undefined> {
  const manifest = await readManifest(folder)
  if (typeof manifest === 'string') return manifest
  const names = await filesOf(folder)
  const missing = Object.keys(manifest.files).find((name) => !names.includes(name))
  if (missing !== undefined) return `${missing} is missing`
  const known = await looksWhenChecked(folder)
  let read = false
  for (const [name, { size, digest }] of Object.entries(manifest.files)) {
    const file = join(folder, name)
    const found = (await lstat(file)).size
    if (found !== size) return `${name} has ${found} bytes; it was written with ${size}`
    if (known[name] === (await look(file))) continue
    if ((await digestOf(file)) !== digest) return `${name} holds something else than was written`
    read = true
  }
  // Where nothing can be written, the next look reads them again.
  if (read) await noteChecked(folder).catch(() => undefined)
  return undefined
}

/** Whether a folder has a manifest, of whatever form. */
export const hasManifest = (folder: string): boolean => existsSync(join(folder, manifestFile))

/** Makes a folder one of which nobody knows what its files should be. */
export async function removeManifest(folder: string): Promise<void> {
  await rm(join(folder, manifestFile), { force: true })
  await sync(folder)
}

async function readManifest(folder: string): Promise<Manifest | string> {
  if (!hasManifest(folder)) return `${manifestFile} is missing`
  return (
    parseManifest(await readFile(join(folder, manifestFile), 'utf8')) ?? `${manifestFile} is not of its form`
  )
}

/** What a manifest says; undefined when it is not of its form. */
export function parseManifest(text: string): Manifest | undefined {
  try {
    return manifestSchema.parse(JSON.parse(text))
  } catch {
    return undefined
  }
}

/** How each file looked when its digest was compared; of none, when the host was started again or the manifest changed since. */
async function looksWhenChecked(folder: string): Promise<Record<string, string>> {
  try {
    const { boot, files } = checkedSchema.parse(JSON.parse(await readFile(join(folder, checkedFile), 'utf8')))
    // They were compared with what the manifest said then.
    const same = files[manifestFile] === (await look(join(folder, manifestFile)))
    return same && boot === (await bootOfHost()) ? files : {}
  } catch {
    return {}
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

const aWeek = 7 * 24 * 3_600_000

/** What was set aside is kept for a person to look at, for a week. */
export async function removeOldAside(folder: string): Promise<void> {
  const { mtimeMs } = await stat(folder)
  if (Date.now() - mtimeMs > aWeek) await rm(folder, { recursive: true, force: true })
}

/** Renames a folder into its place, so that it is there also after the host has lost power. */
export async function publish(from: string, to: string): Promise<void> {
  await rename(from, to)
  await sync(join(to, '..'))
}
