import { createHash, type Hash } from 'node:crypto'
import { existsSync, lstatSync, readFileSync, readdirSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { readBases, type RecipeInFolder } from './recipe.js'

/** Raised when the builders change in a way that makes other images from the same recipe. */
const builderVersion = 1

/** A digest of everything an image is built from: the recipe, its files and script, those of its bases, the builder. */
export function recipeDigest(recipe: RecipeInFolder): string {
  const hash = createHash('sha256').update(`builder ${builderVersion}\n`)
  for (const base of readBases(recipe)) addFolder(hash, base.folder)
  addFolder(hash, recipe.folder)
  return hash.digest('hex')
}

function addFolder(hash: Hash, folder: string): void {
  for (const part of ['recipe.yaml', 'customize', 'files']) addPath(hash, folder, part)
}

function addPath(hash: Hash, folder: string, path: string): void {
  const full = join(folder, path)
  if (!existsSync(full) && !isLink(full)) return
  const status = lstatSync(full)
  // Only what git keeps of a mode, so that every checkout has the same digest; the builders set the rest.
  hash.update(`${path}\0${status.mode & 0o100 ? 'x' : '-'}\0`)
  if (status.isDirectory()) {
    for (const entry of readdirSync(full).sort()) addPath(hash, folder, join(path, entry))
  } else if (status.isSymbolicLink()) {
    hash.update(`link ${readlinkSync(full)}\0`)
  } else {
    const content = readFileSync(full)
    hash.update(`${content.length}\0`).update(content)
  }
}

function isLink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ?? false
}
