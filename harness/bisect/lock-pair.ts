import { StackrigError } from '../errors/index.js'
import { isImported, type BuiltEntry, type ImagesLock } from '../images/index.js'
import type { Entries } from './changes.js'

/** What two locks say of the same images. */
export interface LockPair {
  good: Entries
  bad: Entries
  /** Images that were made elsewhere, and are the same in both. */
  imported: ImagesLock['images']
}

/**
 * The images of these names as both locks have them; one that is in neither is none of them.
 * @throws StackrigError USAGE for an image that only one of them has, or that was made elsewhere and differs
 */
export function pairLocks(good: ImagesLock, bad: ImagesLock, names: readonly string[]): LockPair {
  const pair: {
    good: Record<string, BuiltEntry>
    bad: Record<string, BuiltEntry>
    imported: ImagesLock['images']
  } = {
    good: {},
    bad: {},
    imported: {},
  }
  for (const name of names) {
    const [before, after] = [good.images[name], bad.images[name]]
    if (!before && !after) continue
    if (!before || !after) throw unfit(name, `only the ${before ? 'good' : 'bad'} lock has it`)
    if (isImported(before) || isImported(after)) {
      if (JSON.stringify(before) !== JSON.stringify(after))
        throw unfit(name, 'it was made elsewhere, and is another in the other lock')
      pair.imported[name] = before
    } else {
      pair.good[name] = before
      pair.bad[name] = after
    }
  }
  return pair
}

const unfit = (name: string, seen: string): StackrigError =>
  new StackrigError('USAGE', `both locks must have the image ${name}, built here`, { seen })
