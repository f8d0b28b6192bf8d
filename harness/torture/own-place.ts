import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { forgetSettings } from '../settings.js'
import { cacheWithImages } from '../testing/cache-with-images.js'
import { leftovers } from '../testing/leftovers.js'
import { eventually } from './eventually.js'

/** A cache, and a folder for sockets, of the torture's own: what is spoilt in them is nobody's. */
export interface OwnPlace extends AsyncDisposable {
  folder: string
  cache: string
}

let present: { place: Omit<OwnPlace, keyof AsyncDisposable>; users: number } | undefined

/**
 * Makes this process, and those that it starts, work there for as long as it is open. Rows that are run one after another may
 * share one: the golden snapshot of the pocket pair is booted once. In the end nothing may be left of what ran there.
 */
export function openPlace(): OwnPlace {
  present ??= { place: makePlace(), users: 0 }
  const { place } = present
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

const names = ['STACKRIG_CACHE', 'TMPDIR'] as const
let before: Partial<Record<(typeof names)[number], string | undefined>> = {}

function makePlace(): Omit<OwnPlace, keyof AsyncDisposable> {
  // Short: below it lie unix sockets.
  const folder = mkdtempSync('/tmp/rig-')
  const cache = cacheWithImages(join(folder, 'cache'))
  before = Object.fromEntries(names.map((name) => [name, process.env[name]]))
  Object.assign(process.env, { STACKRIG_CACHE: cache, TMPDIR: folder })
  forgetSettings()
  return { folder, cache }
}

function restore(): void {
  for (const name of names) {
    const value = before[name]
    if (value === undefined) Reflect.deleteProperty(process.env, name)
    else process.env[name] = value
  }
  forgetSettings()
}
