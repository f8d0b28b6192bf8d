import { existsSync } from 'node:fs'
import { stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { StackrigError } from '../errors/index.js'
import { logger } from '../log.js'
import { setAside, usedFile } from '../manifest.js'
import { lockImage } from './build-lock.js'
import { imagesFolder } from './cache.js'
import { recordFile, type Image } from './image.js'
import { inspectBuilt, takeIn } from './inspect-built.js'
import { imageDigest } from './image-digest.js'
import { readRecipe, type Recipe } from './recipe.js'

const debug = logger('images')

/** Where the build of a recipe with this digest lies. */
export const builtFolder = (name: string, digest: string): string =>
  join(imagesFolder(), `${name}-${digest.slice(0, 12)}`)

/**
 * The image built from a recipe, or undefined when there is none of this digest. Its files are what the build wrote: what is
 * not is set aside, with the reason, and is none.
 * @throws StackrigError ABORTED, HOST_DISK
 */
export async function builtImage(
  recipe: Pick<Recipe, 'name'>,
  digest: string,
  signal?: AbortSignal,
): Promise<Image | undefined> {
  const folder = builtFolder(recipe.name, digest)
  if (!existsSync(folder)) return undefined
  const found = await inspectBuilt(folder, digest)
  if (found.state === 'whole') return await used(found.image)
  // Whoever builds it may be putting another in its place.
  // eslint-disable-next-line @typescript-eslint/no-unused-vars -- held until this function returns
  await using _lock = await lockImage(recipe.name, signal, () => debug('waiting for %s', recipe.name))
  return await settleBuilt(recipe, digest)
}

/** The same for a caller who holds the image's lock. */
export async function settleBuilt(recipe: Pick<Recipe, 'name'>, digest: string): Promise<Image | undefined> {
  const folder = builtFolder(recipe.name, digest)
  if (!existsSync(folder)) return undefined
  const seen = await inspectBuilt(folder, digest)
  const found = seen.state === 'new' ? await takeIn(folder, seen.image) : seen
  if (found.state === 'whole') return await used(found.image)
  debug('%s lies in %s: %s', recipe.name, await setAside(folder, found.reason), found.reason)
  return undefined
}

/** Pruning leaves alone what was used lately. Where that cannot be noted, nothing is pruned either. */
async function used(image: Image): Promise<Image> {
  await writeFile(join(image.folder, usedFile), '').catch(() => undefined)
  return image
}

/** When a built image was last used, ms since 1970. */
export async function lastUsed(folder: string): Promise<number> {
  const found = await stat(join(folder, usedFile)).catch(() => stat(join(folder, recordFile)))
  return found.mtimeMs
}

/** The image built from the present recipe of a name, of exactly given packages if there are such. Throws IMAGE_MISSING, LOCK_INVALID, HOST_DISK. */
export async function findBuilt(name: string): Promise<Image> {
  const source = readRecipe(name)
  const digest = imageDigest(source)
  const image = await builtImage(source.recipe, digest)
  if (image) return image
  const aside = `${builtFolder(name, digest)}.bad`
  throw new StackrigError(
    'IMAGE_MISSING',
    `The image "${name}" has not been built from its present recipe.`,
    {
      where: imagesFolder(),
      seen: existsSync(aside) ? `one that is not whole: ${join(aside, 'reason.txt')} says why` : undefined,
      next: `npx stackrig images build ${name}`,
    },
  )
}
