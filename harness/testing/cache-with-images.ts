import { copyFileSync, existsSync, mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { accelerationFile } from '../qemu/index.js'
import { readSettings } from '../settings.js'

/** Makes a cache that knows what this host can do, has no snapshots, and whose images are those of the real one. */
export function cacheWithImages(folder: string): string {
  const { cache } = readSettings(process.env)
  mkdirSync(folder, { recursive: true })
  const known = join(cache, accelerationFile)
  // To find it out again keeps a processor busy for a quarter of a minute.
  if (existsSync(known)) copyFileSync(known, join(folder, accelerationFile))
  mkdirSync(join(cache, 'images'), { recursive: true })
  symlinkSync(join(cache, 'images'), join(folder, 'images'))
  return folder
}
