import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { StackrigError } from '../errors/index.js'
import { makeFolder } from '../make-folder.js'
import { publish } from '../manifest.js'
import { lockImage } from './build-lock.js'
import { imagesFolder } from './cache.js'
import { exactPackages } from './exact-packages.js'
import { requireOwnData } from './foreign-data.js'
import { readRecord, type Image } from './image.js'
import { inspectBuilt } from './inspect-built.js'
import { pruneImages, removeUnfinished } from './prune.js'
import { refuseForeignArguments } from './qemu-arguments.js'
import { builtFolder, builtImage, settleBuilt } from './store.js'
import { explained } from './system-refusal.js'
import { requireUnused } from './unused.js'

/** An image that was built on another machine. */
export interface ArrivingImage {
  name: string
  /** Of its recipe, here as there. */
  digest: string
  /** Which of the builds of that recipe. */
  build: string
  /** Writes its files, the manifest among them, into a folder. */
  fill: (folder: string) => Promise<void>
}

export interface ReceiveOptions {
  /** Take the place of another build of the same recipe; golden snapshots that stand on it are then made anew. */
  replace: boolean
  signal?: AbortSignal | undefined
  onProgress?: ((what: string) => void) | undefined
}

/**
 * Puts an image that was built on another machine in its place, as its builder would have: under its lock, compared with its manifest, by
 * a rename.
 * @returns whether it was not there before
 * @throws StackrigError IMAGE_MISMATCH when it is not whole, when its conf or its disk names what is not its own, or when another build is
 * there; USAGE while a node runs on that one; HOST_DISK.
 */
export async function receiveImage(arriving: ArrivingImage, options: ReceiveOptions): Promise<boolean> {
  const { name, digest, build } = arriving
  const { signal, onProgress } = options
  const present = await explained(name, () => builtImage({ name }, digest, signal))
  if (present?.build === build) return false
  return explained(name, async () => {
    // eslint-disable-next-line @typescript-eslint/no-unused-vars -- held until this function returns
    await using _lock = await lockImage(name, signal, () =>
      onProgress?.(`image ${name}: waiting for another process that makes or fetches it`),
    )
    const meanwhile = await settleBuilt({ name }, digest)
    if (meanwhile?.build === build) return false
    if (meanwhile && !options.replace) throw otherBuild(meanwhile)
    await putInPlace(arriving)
    return true
  })
}

async function putInPlace({ name, digest, build, fill }: ArrivingImage): Promise<void> {
  const final = builtFolder(name, digest)
  requireUnused(name, final)
  await removeUnfinished(name)
  const building = join(imagesFolder(), `.building-${name}-${process.pid}`)
  try {
    makeFolder(building)
    await fill(building)
    await requireSound(building, { name, digest, build })
    requireUnused(name, final)
    await rm(final, { recursive: true, force: true })
    await publish(building, final)
  } finally {
    await rm(building, { recursive: true, force: true })
  }
  // One of exactly given packages is there to be looked at: what is used every day stays.
  if (!exactPackages(name)) await pruneImages(name, digest)
}

/** Of somebody else's image nothing may lead out of it. */
async function requireSound(
  folder: string,
  { name, digest, build }: Pick<ArrivingImage, 'name' | 'digest' | 'build'>,
): Promise<void> {
  const found = await inspectBuilt(folder, digest)
  const wrong =
    found.state === 'broken'
      ? found.reason
      : found.state === 'new'
        ? 'it has no manifest'
        : readRecord(folder)?.build === build && found.image.name === name
          ? undefined
          : 'it is another build than was said'
  if (wrong !== undefined || found.state !== 'whole') {
    throw new StackrigError('IMAGE_MISMATCH', `image "${name}" must have come whole`, {
      where: folder,
      seen: wrong,
      next: 'push it again from where it was built',
    })
  }
  refuseForeignArguments(found.image.conf, name)
  await requireOwnData(found.image)
}

const otherBuild = ({ name, folder }: Image): StackrigError =>
  new StackrigError(
    'IMAGE_MISMATCH',
    `image "${name}" must be the very build that the golden snapshot was made with`,
    {
      where: folder,
      seen: 'another build of the same recipe is here',
      next: 'golden pull --replace puts the other in its place; golden snapshots that stand on this one are made anew',
    },
  )
