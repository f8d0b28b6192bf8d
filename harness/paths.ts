import { homedir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The root of the checkout this harness runs from. */
export const projectFolder = dirname(dirname(fileURLToPath(import.meta.url)))

/** Where images, golden snapshots and running clusters are kept: `$STACKRIG_CACHE`, or `~/.cache/stackrig`. */
export function cacheFolder(): string {
  return resolve(process.env['STACKRIG_CACHE'] || join(homedir(), '.cache', 'stackrig'))
}
