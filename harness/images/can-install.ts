import { execa } from 'execa'
import { privateApt, versionOf } from './debian-packages.js'
import { packageRecord } from './packages.js'
import type { Recipe } from './recipe.js'
import { isSmallSystem } from './small-system.js'

/**
 * Whether just these packages make an image, and need no other: of a Debian system apt is asked, which installs nothing. The indexes are up
 * to date (`findImageVersions`).
 * @param kept files of those that no source has any more
 */
export async function canInstall(
  { builder, suite }: Pick<Recipe, 'builder' | 'suite'>,
  packages: Readonly<Record<string, string>>,
  { kept, signal }: { kept: readonly string[]; signal: AbortSignal },
): Promise<boolean> {
  if (builder !== 'debian') return isSmallSystem(packages)
  const files = new Map(kept.map((file) => [versionOf(file), file]))
  const wanted = Object.entries(packages).map(([name, version]) => `${name}=${version}`)
  const { stdout, failed } = await execa(
    'apt-get',
    [
      ...privateApt(suite, 'all'),
      ...['--simulate', '--no-install-recommends', '-o', 'APT::Architecture=amd64', 'install'],
      ...wanted.map((one) => files.get(one) ?? one),
    ],
    { reject: false, cancelSignal: signal },
  )
  if (failed) return false
  const got = packageRecord(simulatedInstalls(stdout))
  const names = Object.keys(packages)
  return Object.keys(got).length === names.length && names.every((name) => got[name] === packages[name])
}

/** `NAME=VERSION` of the lines that begin with `Inst` (apt-get(8), --simulate). */
export const simulatedInstalls = (text: string): string[] =>
  [...text.matchAll(/^Inst (\S+) (?:\[\S+\] )?\((\S+)/gm)].map(
    ([, name = '', version = '']) => `${name}=${version}`,
  )
