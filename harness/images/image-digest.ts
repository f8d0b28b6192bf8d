import { createHash } from 'node:crypto'
import { exactPackages } from './exact-packages.js'
import { packagesDigest } from './packages.js'
import { recipeDigest } from './recipe-digest.js'
import type { RecipeInFolder } from './recipe.js'

/** What tells an image from others of its name: its recipe and, where they are exactly given, its packages. Throws like exactPackages. */
export function imageDigest(
  source: RecipeInFolder,
  exact: Readonly<Record<string, string>> | undefined = exactPackages(source.recipe.name),
): string {
  const recipe = recipeDigest(source)
  if (!exact) return recipe
  return createHash('sha256')
    .update(`${recipe}\nexactly ${packagesDigest(exact)}\n`)
    .digest('hex')
}
