import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { cacheFolder } from '../paths.js'

const folder = (name: string): string => {
  const path = join(cacheFolder(), name)
  mkdirSync(path, { recursive: true })
  return path
}

/** Where built images lie: one folder per image and recipe digest. */
export const imagesFolder = (): string => folder('images')

/** Downloaded Debian packages, kept between builds. */
export const debsFolder = (): string => folder('debs')

/** apt's own state for stackrig: indexes of packages, never this machine's. */
export const aptFolder = (): string => folder('apt')

/** Logs of image builds; kept when a build fails. */
export const logsFolder = (): string => folder('logs')

/** Packages taken apart for the small images. */
export const unpackedFolder = (): string => folder('unpacked')

/** The installed packages of a recipe, kept as an archive for its next build. */
export const layersFolder = (): string => folder('layers')
