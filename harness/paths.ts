import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { settings } from './settings.js'

/** The root of the checkout this harness runs from. */
export const projectFolder = dirname(dirname(fileURLToPath(import.meta.url)))

/** Where images, golden snapshots and running clusters are kept: `$STACKRIG_CACHE`, or `~/.cache/stackrig`. */
export function cacheFolder(): string {
  return settings().cache
}
