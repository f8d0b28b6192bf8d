import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cacheWithImages } from '../testing/cache-with-images.js'
import { setEnvironment } from '../testing/environment.js'
import { leftovers } from '../testing/leftovers.js'
import { eventually } from './eventually.js'

/** A cache, and a folder for sockets, of the torture's own: what is spoilt in them is nobody's. */
export interface OwnPlace extends AsyncDisposable {
  folder: string
  cache: string
}

interface Present {
  place: Omit<OwnPlace, keyof AsyncDisposable>
  restore: () => void
  users: number
}

let present: Present | undefined

/**
 * Makes this process, and those that it starts, work there for as long as it is open. Rows that are run one after another may
 * share one: the golden snapshot of the pocket pair is booted once. In the end nothing may be left of what ran there.
 */
export function openPlace(): OwnPlace {
  present ??= make()
  const { place, restore } = present
  present.users += 1
  return {
    ...place,
    [Symbol.asyncDispose]: async () => {
      if (present === undefined || --present.users > 0) return
      present = undefined
      await eventually(leftovers, 'left behind')
      restore()
      rmSync(place.folder, { recursive: true, force: true })
    },
  }
}

function make(): Present {
  const folder = mkdtempSync(join(tmpdir(), 'rig-'))
  const cache = cacheWithImages(join(folder, 'cache'))
  return {
    place: { folder, cache },
    restore: setEnvironment({ STACKRIG_CACHE: cache, TMPDIR: folder }),
    users: 0,
  }
}
