import { existsSync } from 'node:fs'
import { StackrigError } from '../errors/index.js'
import { settings } from '../settings.js'
import { isImported, readLock } from './lock-file.js'

/**
 * The packages and versions that the image of a name must have exactly, where an `images.lock` was named for that (STACKRIG_EXACT) and has
 * the image; otherwise undefined: it gets the newest.
 * @throws StackrigError LOCK_INVALID, also when that file is not there
 */
export function exactPackages(name: string): Readonly<Record<string, string>> | undefined {
  const { exact } = settings()
  if (exact === undefined) return undefined
  if (!existsSync(exact)) {
    throw new StackrigError('LOCK_INVALID', 'the images.lock whose packages are wanted must be there', {
      where: `STACKRIG_EXACT=${exact}`,
    })
  }
  const entry = readLock(exact).images[name]
  return entry === undefined || isImported(entry) ? undefined : entry.packages
}
