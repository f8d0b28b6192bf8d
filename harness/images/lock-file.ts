import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'yaml'
import * as z from 'zod'
import { StackrigError } from '../errors/index.js'
import { projectFolder } from '../paths.js'
import { replaceFile } from '../replace-file.js'
import { settings } from '../settings.js'
import { listProblems } from './schema-problems.js'
import { parseYaml } from './yaml-text.js'

const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'a sha256 in hexadecimal digits')
const word = z.string().regex(/^[a-z][a-z0-9-]*$/, 'lower case letters, digits and dashes, a letter first')

/**
 * Names and versions become arguments of apt, lines of its preferences and names of files, whoever wrote the lock: what Debian allows
 * (Debian Policy, 5.6.1 and 5.6.12) and no more.
 */
const packageName = z.string().regex(/^[a-z0-9][a-z0-9+.-]*$/, 'a Debian package name')
const packageVersion = z.string().regex(/^[0-9A-Za-z][A-Za-z0-9.+:~-]*$/, 'the version of a Debian package')

const builtEntry = z.strictObject({
  role: word,
  contract: word,
  /** The recipe's folder in this repository. */
  recipe: z.string().startsWith('fixtures/images/'),
  recipeDigest: sha256,
  /** sha256 over the lines of `packages`. */
  packagesDigest: sha256,
  /** Debian package -> version. */
  packages: z.record(packageName, packageVersion),
})

const importedEntry = z.strictObject({
  role: word,
  contract: word,
  /** A deploy folder made elsewhere, e.g. by a Yocto build. */
  folder: z.string().min(1),
  /** The `*.qemuboot.conf` in it. */
  conf: z.string().endsWith('.qemuboot.conf'),
  /** File in that folder -> its sha256; a file with another digest never boots. */
  sha256: z.record(z.string(), sha256),
  /** What the build has written into the image: its own address, and the release of the distribution. */
  address: z.ipv4().optional(),
  release: z.string().optional(),
  /** sha256 over the manifest's packages and versions. */
  packagesDigest: sha256.optional(),
  /** MiB that a node of it gets, instead of what its conf says. */
  memoryMiB: z.int().positive().optional(),
  /** Whether its conf may call QEMU with any arguments: it is the build of whoever imported it. */
  trust: z.literal(true).optional(),
})

const lockSchema = z.strictObject({
  version: z.literal(1),
  images: z.record(word, z.union([builtEntry, importedEntry])),
})

export type BuiltEntry = z.infer<typeof builtEntry>
export type ImportedEntry = z.infer<typeof importedEntry>
export type ImagesLock = z.infer<typeof lockSchema>

/** Whether an image was made elsewhere; without an entry it is one of ours. */
export function isImported(entry: BuiltEntry | ImportedEntry | undefined): entry is ImportedEntry {
  return entry !== undefined && 'folder' in entry
}

/** `images.lock` of this checkout, or the one whose images are wanted exactly. */
export const lockFile = (): string => settings().exact ?? join(projectFolder, 'images.lock')

/** A lock that says what is built is not written by what is built of it. @throws StackrigError USAGE while STACKRIG_EXACT names one */
export function refuseExactLock(): void {
  const { exact } = settings()
  if (exact === undefined) return
  throw new StackrigError('USAGE', 'an images.lock whose packages are wanted exactly must not be written', {
    where: `STACKRIG_EXACT=${exact}`,
    next: 'the same without STACKRIG_EXACT, which writes the images.lock of the project',
  })
}

const header = `# Which images the scenarios run on. Written by \`npx stackrig images lock\`; strict: see docs/images.md.
# Built images: the recipe and the Debian packages they were last locked with. A rebuild with newer packages works and
# says what moved; with --frozen it is an error. Imported images: the sha256 of every file; others never boot.
`

/** Reads `images.lock`; one without images when the file does not exist. Throws LOCK_INVALID. */
export function readLock(file = lockFile()): ImagesLock {
  if (!existsSync(file)) return { version: 1, images: {} }
  return parseLock(readFileSync(file, 'utf8'), file)
}

/** The lock in the text of an `images.lock`; `file` is what an error names. Throws LOCK_INVALID. */
export function parseLock(text: string, file: string): ImagesLock {
  const yaml = parseYaml(text)
  if ('problem' in yaml) throw invalid(file, yaml.problem)
  const { content } = yaml
  const parsed = lockSchema.safeParse(content)
  if (parsed.success) return parsed.data
  throw invalid(file, entryProblems(content) ?? listProblems(parsed.error))
}

/** A union's own message says only "invalid"; so say what is wrong with each entry as the kind it looks like. */
function entryProblems(content: unknown): string | undefined {
  const images = z.object({ images: z.record(z.string(), z.looseObject({})) }).safeParse(content)
  if (!images.success) return undefined
  const problems = Object.entries(images.data.images).flatMap(([name, entry]) => {
    const { error } = ('recipe' in entry ? builtEntry : importedEntry).safeParse(entry)
    return error ? listProblems(error).replace(/^/gm, `images.${name}.`) : []
  })
  return problems.length > 0 ? problems.join('\n') : undefined
}

/** Writes `images.lock`, images and packages sorted. @throws StackrigError LOCK_INVALID for one that could not be read again. */
export function writeLock(lock: ImagesLock, file = lockFile()): void {
  const text = header + stringify(lock, { sortMapEntries: sortKeys, lineWidth: 0 })
  parseLock(text, file)
  replaceFile(file, text)
}

/** `packages` last, because it is long; everything else by name. */
function sortKeys(a: { key: unknown }, b: { key: unknown }): number {
  const [left, right] = [keyText(a.key), keyText(b.key)]
  if (left === right) return 0
  if (left === 'packages') return 1
  if (right === 'packages') return -1
  return left < right ? -1 : 1
}

function keyText(key: unknown): string {
  const value = typeof key === 'object' && key !== null && 'value' in key ? key.value : key
  return typeof value === 'string' ? value : ''
}

function invalid(file: string, seen: string): StackrigError {
  return new StackrigError('LOCK_INVALID', 'images.lock is not of the documented form.', {
    where: file,
    seen,
    next: 'correct it there (docs/images.md), or take the version that Git has: git checkout images.lock',
  })
}
