import { join } from 'node:path'
import { beforeAll, expect, vi } from 'vitest'
import { forgetSettings } from '../settings.js'
import { cacheWithImages } from './cache-with-images.js'
import { leftovers } from './leftovers.js'
import { passingFolder } from './passing-folder.js'

/**
 * Gives a test file a folder of its own for sockets, and on wish a cache of that name that has the built images and no
 * snapshots.
 * After the last test nothing may be left of what was started below it.
 */
export function ownHost(options: { cache?: string } = {}): { folder: string } {
  const own = passingFolder()
  const folder = own.path
  if (options.cache) process.env['STACKRIG_CACHE'] = cacheWithImages(join(folder, options.cache))
  process.env['TMPDIR'] = folder
  forgetSettings()
  // Clean-ups of beforeAll run last first: whatever the test file opens is closed before this looks.
  beforeAll(() => async () => {
    await expectNothingLeft()
    own[Symbol.dispose]()
  })
  return { folder }
}

/** No process, run folder, device or mount; what was just ended gets a moment to go, on a busy machine a minute for one look. */
export async function expectNothingLeft(): Promise<void> {
  await vi.waitFor(async () => expect(await leftovers()).toEqual([]), { timeout: 60_000, interval: 100 })
}
