import { createHash } from 'node:crypto'
import { createReadStream, existsSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { basename, join, relative, resolve } from 'node:path'
import * as z from 'zod'
import { StackrigError } from '../errors/index.js'
import { imagesFolder } from './cache.js'
import { decompressed } from './decompressed.js'
import { readDeployedImage, type DeployedImage } from './deploy-folder.js'
import { diskType } from './boot-files.js'
import { requireOwnData } from './foreign-data.js'
import { importedDigest } from './expected-digest.js'
import { imageInFolder, type Image } from './image.js'
import type { ImportedEntry } from './lock-file.js'
import { refuseForeignArguments, refuseOtherProcessor } from './qemu-arguments.js'
import { isOpenembeddedRelease } from './openembedded-release.js'
import { packageRecord, packagesDigest } from './packages.js'
import { bootOfHost } from '../manifest.js'
import { projectFolder } from '../paths.js'
import { replaceFile } from '../replace-file.js'

/** An image that was made elsewhere, named by its deploy folder. */
export interface ImageImport {
  name: string
  role: string
  contract: string
  /** The deploy folder; relative paths are relative to the checkout. */
  folder: string
  /** The `*.qemuboot.conf` in it; may be left out when there is only one. */
  conf?: string
  address?: string | undefined
  release?: string | undefined
  packagesDigest?: string | undefined
  /** MiB for a node of it, instead of what its conf says. */
  memoryMiB?: number | undefined
  /** It is one's own build: its conf may call QEMU with any arguments. */
  trust?: boolean | undefined
}

/** What a deploy folder says of an image, for the role it is to have. */
export function importOf(
  { conf, addresses, release, packages }: DeployedImage,
  given: Pick<ImageImport, 'name' | 'role' | 'contract' | 'folder' | 'memoryMiB' | 'release' | 'trust'>,
): ImageImport {
  const { name, role, contract, folder, memoryMiB, trust } = given
  const digest = packages && packagesDigest(packageRecord(packages))
  return {
    name,
    role,
    contract,
    folder,
    conf,
    address: addresses[role],
    release: given.release ?? release,
    packagesDigest: digest,
    memoryMiB,
    trust,
  }
}

const folderOf = ({ folder }: Pick<ImageImport, 'folder'>): string => resolve(projectFolder, folder)

const artefacts = ({ conf, kernel, initrd, rootfs }: Image): string[] => [
  ...new Set([conf.file, kernel, initrd, rootfs].filter((file) => file !== undefined)),
]

/** The entry of `images.lock` for an image made elsewhere: reads and hashes all its files. Throws IMAGE_MISSING, QEMUBOOT_INVALID. */
export async function lockImport(given: ImageImport, signal?: AbortSignal): Promise<ImportedEntry> {
  const folder = folderOf(given)
  if (!existsSync(folder)) throw missing(given.name, folder)
  const confs = (await readdir(folder)).filter((file) => file.endsWith('.qemuboot.conf'))
  const conf = given.conf ?? confs[0]
  const image = imageInFolder(folder, { ...given, digest: '', build: '' }, given.conf)
  refuseOtherProcessor(image.conf)
  if (!given.trust) refuseForeignArguments(image.conf, given.name)
  const digests: Record<string, string> = {}
  for (const file of artefacts(image))
    digests[relative(folder, file)] = await fileDigest(file, given.name, signal)
  await requireOwnData(image)
  return {
    role: given.role,
    contract: given.contract,
    folder: given.folder,
    conf: conf ?? basename(image.conf.file),
    sha256: digests,
    ...(given.address && { address: given.address }),
    ...(given.release && { release: given.release }),
    ...(given.packagesDigest && { packagesDigest: given.packagesDigest }),
    ...(given.memoryMiB !== undefined && { memoryMiB: given.memoryMiB }),
    ...(given.trust && { trust: true as const }),
  }
}

/** The entry as its deploy folder is now: a new build there may have another address, release and manifest. Throws as `lockImport`. */
export function lockImportAgain(name: string, present: ImportedEntry): Promise<ImportedEntry> {
  const deployed = readDeployedImage(folderOf(present), present.conf)
  // What the build says of its release counts, if that is one of OpenEmbedded's; else what was said at the import.
  const release = isOpenembeddedRelease(deployed.release) ? deployed.release : present.release
  return lockImport(importOf(deployed, { ...present, name, release }))
}

/** The imported image of an entry, after every file was checked. Throws IMAGE_MISSING, IMAGE_MISMATCH, QEMUBOOT_INVALID. */
export async function verifyImport(name: string, entry: ImportedEntry): Promise<Image> {
  const folder = folderOf(entry)
  if (!existsSync(folder)) throw missing(name, folder)
  const digest = importedDigest(entry)
  const { role, contract } = entry
  for (const [file, wanted] of Object.entries(entry.sha256)) {
    const path = join(folder, file)
    const found = await fileDigest(path, name)
    if (found === wanted) continue
    throw new StackrigError(
      'IMAGE_MISMATCH',
      `A file of image "${name}" is not the one in images.lock; it never boots.`,
      {
        where: path,
        seen: `sha256 ${found}\ninstead of ${wanted}`,
        next: `bring back the file that was locked, or accept this one: npx stackrig images lock ${name}`,
      },
    )
  }
  const { release, memoryMiB } = entry
  const image = imageInFolder(
    folder,
    { name, role, contract, digest, build: digest, release, memoryMiB },
    entry.conf,
  )
  if (!entry.trust) refuseForeignArguments(image.conf, name)
  const unlocked = artefacts(image).filter((file) => !(relative(folder, file) in entry.sha256))
  if (unlocked.length === 0)
    return withoutCompression(
      {
        ...image,
        ...(entry.address && { address: entry.address }),
      },
      entry,
    )
  throw new StackrigError('IMAGE_MISMATCH', `A file of image "${name}" is missing in images.lock.`, {
    where: unlocked.join('\n'),
    next: `npx stackrig images lock ${name}`,
  })
}

/** The same image with a disk that QEMU can read. */
async function withoutCompression(image: Image, entry: ImportedEntry): Promise<Image> {
  if (!image.rootfs || !diskType(image.conf).compression) return image
  const rootfs = await decompressed(image.rootfs, entry.sha256[relative(image.folder, image.rootfs)] ?? '')
  return { ...image, rootfs }
}

const knownSchema = z.record(z.string(), z.strictObject({ stamp: z.string(), sha256: z.string() }))
type Known = z.infer<typeof knownSchema>

/**
 * The sha256 of a file. Remembered until the host is started again, for as long as size, time of change and inode stay the
 * same, so that a start does not read gigabytes.
 */
async function fileDigest(file: string, image: string, signal?: AbortSignal): Promise<string> {
  if (!existsSync(file)) throw missing(image, file)
  const path = realpathSync(file)
  const { size, mtimeMs, ctimeMs, ino } = statSync(path)
  const stamp = [size, mtimeMs, ctimeMs, ino, await bootOfHost()].join(' ')
  const noted = known()[path]
  if (noted?.stamp === stamp) return noted.sha256
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path, { signal })) hash.update(chunk as Buffer)
  const sha256 = hash.digest('hex')
  // Several images are checked at once, and each adds to what is known.
  replaceFile(knownFile(), JSON.stringify({ ...known(), [path]: { stamp, sha256 } } satisfies Known))
  return sha256
}

const knownFile = (): string => join(imagesFolder(), 'digests.json')

function known(): Known {
  try {
    return knownSchema.parse(JSON.parse(readFileSync(knownFile(), 'utf8')))
  } catch {
    return {}
  }
}

function missing(name: string, path: string): StackrigError {
  return new StackrigError('IMAGE_MISSING', `A file of image "${name}" is missing.`, {
    where: path,
    next: 'bring it back, or take the image out of images.lock',
  })
}
