import { existsSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { settings } from './settings.js'

/** The nearest folder with a package.json, from a folder upwards. */
function packageAround(folder: string): string | undefined {
  if (existsSync(join(folder, 'package.json'))) return folder
  return dirname(folder) === folder ? undefined : packageAround(dirname(folder))
}

const here = dirname(fileURLToPath(import.meta.url))

/** stackrig itself: its recipes and contracts, as a checkout or below node_modules. */
export const packageFolder = packageAround(here) ?? here

/**
 * A file that lies below the harness and is none of its modules, as a program of another language: beside the sources, or beside
 * what was built of them. Where a module lies does not tell: many are one file in a build.
 */
export const harnessFile = (path: string): string => join(here, path)

/** Of stackrig itself. */
export function packageVersion(): string {
  const { version } = JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8')) as {
    version?: unknown
  }
  return String(version)
}

/** The project that calls: its scenarios, fixtures, images.lock and results. The nearest package around the working directory. */
export const projectFolder = packageAround(process.cwd()) ?? process.cwd()

/** Where images, golden snapshots and running clusters are kept: `$STACKRIG_CACHE`, or `~/.cache/stackrig`. */
export function cacheFolder(): string {
  return settings().cache
}

/** Where downloaded packages are kept: the cache, unless several caches share them. */
export function downloadsFolder(): string {
  return settings().downloads
}

/** The name of a file of scenarios without folders and endings: `nova` of `scenarios/nova.scenario.ts`. */
export function fileStem(file: string): string {
  const parts = basename(file).split('.')
  while (parts.length > 1 && /^[a-z]*$/.test(parts.at(-1) ?? '')) parts.pop()
  return parts.join('.')
}

/** Whether the project is stackrig itself. */
export const isCheckout = projectFolder === packageFolder
