import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'
import { StackrigError } from '../errors/index.js'
import { debsFolder, logsFolder } from './cache.js'
import { downloadPackages, privateApt, updateIndexes } from './debian-packages.js'
import { packageLines } from './packages.js'
import { buildFailed, type BuildLog } from './program.js'
import type { Recipe } from './recipe.js'

/** Where exactly given packages are found. */
export interface FoundVersions {
  /** Files of those that no source has any more, kept of an earlier build. */
  kept: string[]
  /** `NAME=VERSION` of those that nobody has. */
  missing: string[]
}

/** The file of a package that an earlier build downloaded: apt escapes the colon of an epoch. */
export const keptFile = (name: string, version: string): string | undefined =>
  ['amd64', 'all']
    .map((architecture) =>
      join(debsFolder(), `${name}_${version.replaceAll(':', '%3a')}_${architecture}.deb`),
    )
    .find((file) => existsSync(file))

/** Looks for packages in apt's sources, the archive of STACKRIG_ARCHIVE, and the kept downloads. */
async function findVersions(
  log: BuildLog,
  suite: string,
  packages: Readonly<Record<string, string>>,
): Promise<FoundVersions> {
  await updateIndexes(log, suite, 'all')
  const { stdout, stderr, exitCode } = await execa(
    'apt-cache',
    [...privateApt(suite, 'all'), 'madison', '--', ...Object.keys(packages)],
    { reject: false, cancelSignal: log.signal, env: { LC_ALL: 'C' } },
  )
  if (log.signal.aborted)
    throw new StackrigError('ABORTED', `The look for packages of image ${log.image} was given up.`)
  if (exitCode !== 0 && !onlyUnknownNames(stderr))
    throw buildFailed(log, `apt-cache madison ended with ${exitCode ?? 'an error'}: ${stderr.slice(-500)}`)
  const known = new Set(madisonVersions(stdout))
  const found: FoundVersions = { kept: [], missing: [] }
  for (const [name, version] of Object.entries(packages)) {
    if (known.has(`${name}=${version}`)) continue
    const file = keptFile(name, version)
    if (file === undefined) found.missing.push(`${name}=${version}`)
    else found.kept.push(file)
  }
  return found
}

/** `NAME=VERSION` of the lines of `apt-cache madison`: `name | version | source`. */
export const madisonVersions = (text: string): string[] =>
  text.split('\n').flatMap((line) => {
    const [name, version] = line.split('|').map((word) => word.trim())
    return name && version ? [`${name}=${version}`] : []
  })

/** Whether apt complained of nothing but names that it does not know; apt 2.6 says so, and ends with 0 for all that. */
export const onlyUnknownNames = (stderr: string): boolean =>
  stderr
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.startsWith('W:') && !line.startsWith('N:'))
    .every((line) => /^E: (Unable to locate package|No packages found)/.test(line))

/** The same, for what is no build. Throws as a build does. */
export const findImageVersions = (
  { name, suite }: Pick<Recipe, 'name' | 'suite'>,
  packages: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<FoundVersions> =>
  findVersions({ image: name, file: join(logsFolder(), `${name}-versions.log`), signal }, suite, packages)

/** The same. @throws StackrigError PACKAGE_MISSING when nobody has one of them. */
export async function requireVersions(
  log: BuildLog,
  { name, suite }: Pick<Recipe, 'name' | 'suite'>,
  packages: Readonly<Record<string, string>>,
): Promise<FoundVersions> {
  const found = await findVersions(log, suite, packages)
  if (found.missing.length > 0) throw packagesMissing(found.missing.map((one) => `${one} (image ${name})`))
  return found
}

/** @param missing as they are shown */
export const packagesMissing = (missing: readonly string[]): StackrigError =>
  new StackrigError('PACKAGE_MISSING', 'Every version that an exact build needs must be found somewhere.', {
    where: `kept downloads (${debsFolder()}), apt's sources, STACKRIG_ARCHIVE`,
    seen: `nobody has ${missing.join('\n')}`,
    next: "export STACKRIG_ARCHIVE='deb ADDRESS SUITE main' of a snapshot archive of that time",
  })

/** The files of exactly these packages; what is not kept is downloaded. The caller holds a lock. @throws StackrigError PACKAGE_MISSING */
export async function downloadExactly(
  log: BuildLog,
  recipe: Pick<Recipe, 'name' | 'suite'>,
  packages: Readonly<Record<string, string>>,
): Promise<string[]> {
  const entries = Object.entries(packages)
  const kept = entries.map(([name, version]) => keptFile(name, version))
  const absent = Object.fromEntries(entries.filter((_, at) => kept[at] === undefined))
  const words = packageLines(absent)
  if (words.length > 0) await requireVersions(log, recipe, absent)
  const loaded = words.length > 0 ? await downloadPackages(log, recipe.suite, words, 'all') : []
  return [...kept.filter((file) => file !== undefined), ...loaded]
}
