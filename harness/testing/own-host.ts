import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, vi } from 'vitest'
import { accelerationFile } from '../qemu/index.js'
import { forgetSettings, readSettings } from '../settings.js'
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

/** Makes a cache that knows what this host can do, and whose images are those of the real one. */
function cacheWithImages(folder: string): string {
  const { cache } = readSettings(process.env)
  mkdirSync(folder, { recursive: true })
  const known = join(cache, accelerationFile)
  // To find it out again keeps a processor busy for a quarter of a minute.
  if (existsSync(known)) copyFileSync(known, join(folder, accelerationFile))
  mkdirSync(join(cache, 'images'), { recursive: true })
  symlinkSync(join(cache, 'images'), join(folder, 'images'))
  return folder
}

/** No process, run folder, device or mount; what was just ended gets a moment to go. */
export async function expectNothingLeft(): Promise<void> {
  await vi.waitFor(async () => expect(await leftovers()).toEqual([]), { timeout: 10_000, interval: 100 })
}
