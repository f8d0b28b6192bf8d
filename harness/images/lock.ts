import { dirname } from 'node:path'
import { StackrigError } from '../errors/index.js'
import { lockFile as holdLock } from '../file-lock.js'
import { requireOwnData } from './foreign-data.js'
import { lockImport, lockImportAgain, verifyImport, type ImageImport } from './imported.js'
import { readRecord, type Image } from './image.js'
import {
  isImported,
  lockFile,
  readLock,
  refuseExactLock,
  writeLock,
  type BuiltEntry,
  type ImagesLock,
} from './lock-file.js'
import { describeMove, movedPackages, packageRecord, packagesDigest, type MovedPackage } from './packages.js'
import { recipeDigest } from './recipe-digest.js'
import { readRecipe } from './recipe.js'
import { findBuilt } from './store.js'
import { explained } from './system-refusal.js'

/** An image that may boot, and how it differs from what was locked. */
export interface VerifiedImage {
  image: Image
  /** Packages of a built image that differ from images.lock. */
  moved: MovedPackage[]
  /** Whether a built image was made from another recipe than the locked one. */
  recipeChanged: boolean
}

/**
 * The image of a name, checked against `images.lock`.
 * Imported images: every file's digest must match (IMAGE_MISMATCH). Built ones: other packages, or another recipe, are
 * fine and told of; with `frozen` they are an error (IMAGE_MOVED). An image that is not in the lock is a built one.
 * Throws IMAGE_MISSING, LOCK_INVALID, QEMUBOOT_INVALID, HOST_DISK, and these.
 */
export async function verifyImage(
  name: string,
  options: { frozen?: boolean; lock?: ImagesLock } = {},
): Promise<VerifiedImage> {
  const { frozen = false, lock = readLock() } = options
  const entry = lock.images[name]
  if (isImported(entry)) {
    const image = await explained(name, () => verifyImport(name, entry))
    await explained(name, () => requireOwnData(image))
    return { image, moved: [], recipeChanged: false }
  }
  const image = await explained(name, () => findBuilt(name))
  const verified = compareBuilt(image, entry)
  if (frozen) refuseMoved(name, entry, verified)
  return verified
}

/** The image of a name, ready to boot. Throws like verifyImage. */
export async function findImage(name: string, options: { frozen?: boolean } = {}): Promise<Image> {
  return (await verifyImage(name, options)).image
}

/**
 * Writes `images.lock` from the images as they are now: built ones of these names (all must have been built), imported
 * ones read and hashed anew. Images that are not named keep their entries. Returns what is now in the lock.
 * Throws USAGE (STACKRIG_EXACT), IMAGE_MISSING, IMAGE_MISMATCH, LOCK_INVALID, QEMUBOOT_INVALID, HOST_DISK.
 */
export async function lockImages(
  names: string[],
  options: { imports?: ImageImport[]; file?: string; signal?: AbortSignal } = {},
): Promise<ImagesLock> {
  if (options.file === undefined) refuseExactLock()
  const { imports = [], file = lockFile(), signal } = options
  const { images: present } = readLock(file)
  const entries: ImagesLock['images'] = {}
  for (const name of names) {
    const entry = present[name]
    entries[name] = await explained(name, async () =>
      isImported(entry) ? lockImportAgain(name, entry) : builtEntry(await findBuilt(name)),
    )
  }
  for (const given of imports)
    entries[given.name] = await explained(given.name, () => lockImport(given, signal))
  signal?.throwIfAborted()
  // The folder's lock: a file of its own would lie about in the checkout.
  // eslint-disable-next-line @typescript-eslint/no-unused-vars -- held until this function returns
  await using _lock = await holdLock(dirname(file), { signal })
  // Read once more: hashing takes minutes, and another process may have written its entries meanwhile.
  const written: ImagesLock = { version: 1, images: { ...readLock(file).images, ...entries } }
  writeLock(written, file)
  return written
}

function builtEntry(image: Image): BuiltEntry {
  const packages = packagesOf(image)
  return {
    role: image.role,
    contract: image.contract,
    recipe: `fixtures/images/${image.name}`,
    recipeDigest: recipeDigest(readRecipe(image.name)),
    packagesDigest: packagesDigest(packages),
    packages,
  }
}

const packagesOf = (image: Image): Record<string, string> =>
  packageRecord(readRecord(image.folder)?.packages ?? [])

function compareBuilt(image: Image, entry: BuiltEntry | undefined): VerifiedImage {
  if (!entry) return { image, moved: [], recipeChanged: false }
  return {
    image,
    moved: movedPackages(entry.packages, packagesOf(image)),
    recipeChanged: entry.recipeDigest !== recipeDigest(readRecipe(image.name)),
  }
}

function refuseMoved(
  name: string,
  entry: BuiltEntry | undefined,
  { moved, recipeChanged }: VerifiedImage,
): void {
  if (entry && moved.length === 0 && !recipeChanged) return
  throw new StackrigError(
    'IMAGE_MOVED',
    `Image "${name}" is not what images.lock says, and --frozen was asked for.`,
    {
      where: lockFile(),
      seen: [
        ...(entry ? [] : ['it is not in images.lock']),
        ...(recipeChanged ? ['its recipe has changed'] : []),
        ...moved.map(describeMove),
      ].join('\n'),
      next: `accept it: npx stackrig images lock ${name}`,
    },
  )
}
