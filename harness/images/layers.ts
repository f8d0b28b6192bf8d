import { createHash } from 'node:crypto'
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { layersFolder } from './cache.js'

/** The file for the packages of an image, whether it exists or not; another one for each set of `ingredients`. */
export function findLayer(image: string, ingredients: string[]): string {
  const digest = createHash('sha256').update(ingredients.join('\n')).digest('hex')
  return join(layersFolder(), `${image}-${digest.slice(0, 12)}.tar`)
}

/** Removes what earlier builds of an image kept, but for one file. The caller holds the build's lock. */
export async function pruneLayers(image: string, kept: string): Promise<void> {
  for (const entry of await readdir(layersFolder())) {
    const file = join(layersFolder(), entry)
    if (new RegExp(`^${image}-[0-9a-f]{12}\\.tar`).test(entry) && file !== kept)
      await rm(file, { force: true })
  }
}
