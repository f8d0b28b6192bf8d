import { mkdirSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { join } from 'node:path'
import lockfile from 'proper-lockfile'
import { StackrigError } from '../errors/index.js'
import { imagesFolder } from './cache.js'

/**
 * Holds the lock of one image's build until disposed. Waits for as long as another process holds it, and calls
 * `waiting` once if it has to. A holder that was killed is overtaken after 20 s. Throws ABORTED.
 */
export async function lockBuild(
  image: string,
  signal: AbortSignal,
  waiting: () => void,
): Promise<AsyncDisposable> {
  const file = join(imagesFolder(), `.lock-${image}`)
  mkdirSync(file, { recursive: true })
  for (let attempt = 0; ; attempt++) {
    if (signal.aborted) throw new StackrigError('ABORTED', `The build of image ${image} was given up.`)
    try {
      const release = await lockfile.lock(file, { stale: 20_000, update: 5_000 })
      return { [Symbol.asyncDispose]: () => release().catch(() => undefined) }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ELOCKED') throw error
    }
    if (attempt === 0) waiting()
    await delay(500, undefined, { signal }).catch(() => undefined)
  }
}
