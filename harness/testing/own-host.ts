import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, vi } from 'vitest'
import { forgetSettings } from '../settings.js'
import { cacheWithImages } from './cache-with-images.js'
import { leftovers } from './leftovers.js'

/**
 * Gives a test file a folder of its own for sockets, and on wish a cache of that name that has the built images and no
 * snapshots.
 * After the last test nothing may be left of what was started below it.
 */
export function ownHost(options: { cache?: string } = {}): { folder: string } {
  // Short: below it lie unix sockets.
  const folder = mkdtempSync('/tmp/rig-')
  if (options.cache) process.env['STACKRIG_CACHE'] = cacheWithImages(join(folder, options.cache))
  process.env['TMPDIR'] = folder
  forgetSettings()
  // Clean-ups of beforeAll run last first: whatever the test file opens is closed before this looks.
  beforeAll(() => async () => {
    await expectNothingLeft()
    rmSync(folder, { recursive: true, force: true })
  })
  return { folder }
}

/** No process, run folder, device or mount; what was just ended gets a moment to go. */
export async function expectNothingLeft(): Promise<void> {
  await vi.waitFor(async () => expect(await leftovers()).toEqual([]), { timeout: 10_000, interval: 100 })
}
