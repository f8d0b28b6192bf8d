import { existsSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { StackrigError } from '../errors/index.js'
import { imagesFolder } from './cache.js'
import { imageInFolder, readRecord, recordFile, type Image, type ImageRecord } from './image.js'
import { recipeDigest } from './recipe-digest.js'
import { readRecipe, type Recipe } from './recipe.js'

/** Where the build of a recipe with this digest lies. */
export const builtFolder = (name: string, digest: string): string =>
  join(imagesFolder(), `${name}-${digest.slice(0, 12)}`)

/** The image built from a recipe, or undefined when there is none of this digest. */
export function builtImage(recipe: Pick<Recipe, 'name'>, digest: string): Image | undefined {
  const folder = builtFolder(recipe.name, digest)
  const record = readRecord(folder)
  if (record?.digest !== digest) return undefined
  const image = whole(folder, record)
  if (!image) return undefined
  const files = [image.kernel, image.initrd, image.rootfs].filter((file) => file !== undefined)
  if (!files.every((file) => existsSync(file))) return undefined
  // Pruning leaves alone what was looked up lately.
  const now = new Date()
  utimesSync(join(folder, recordFile), now, now)
  return image
}

/** A folder of which somebody took a file away is built again. */
function whole(folder: string, record: ImageRecord): Image | undefined {
  try {
    return imageInFolder(folder, record)
  } catch (error) {
    if (error instanceof StackrigError && error.code === 'IMAGE_MISSING') return undefined
    throw error
  }
}

/** The image built from the present recipe of a name. Throws IMAGE_MISSING, LOCK_INVALID. */
export function findBuilt(name: string): Image {
  const source = readRecipe(name)
  const image = builtImage(source.recipe, recipeDigest(source))
  if (image) return image
  throw new StackrigError(
    'IMAGE_MISSING',
    `The image "${name}" has not been built from its present recipe.`,
    {
      where: imagesFolder(),
      next: `npx stackrig images build ${name}`,
    },
  )
}
