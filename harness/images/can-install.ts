import { execa } from 'execa'
import { StackrigError } from '../errors/index.js'
import { lockDownloads } from './build-lock.js'
import { privateApt } from './debian-packages.js'
import { keptFile } from './exact-archive.js'
import { packageRecord } from './packages.js'
import type { Recipe } from './recipe.js'
import { isSmallSystem } from './small-system.js'

/**
 * Whether just these packages make an image, and need no other: of a Debian system apt is asked, which installs nothing. The indexes are up
 * to date, and every version is somewhere (`findImageVersions`).
 * @throws StackrigError IMAGE_BUILD_FAILED when apt cannot say, ABORTED
 */
export async function canInstall(
  { name, builder, suite }: Pick<Recipe, 'name' | 'builder' | 'suite'>,
  packages: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<boolean> {
  if (builder !== 'debian') return isSmallSystem(packages)
  // Another process may be bringing the same indexes up to date.
  // eslint-disable-next-line @typescript-eslint/no-unused-vars -- held until this function returns
  await using _lock = await lockDownloads('apt', signal)
  const { stdout, stderr, exitCode } = await execa(
    'apt-get',
    [
      ...privateApt(suite, 'all'),
      ...['--simulate', '--no-install-recommends', '-o', 'APT::Architecture=amd64', 'install', '--'],
      // What is kept is asked for as it is: no source may have it any more.
      ...Object.entries(packages).map(([one, version]) => keptFile(one, version) ?? `${one}=${version}`),
    ],
    { reject: false, cancelSignal: signal, env: { LC_ALL: 'C' } },
  )
  if (signal.aborted)
    throw new StackrigError('ABORTED', `The look at packages of image ${name} was given up.`)
  if (exitCode === 0) {
    const got = packageRecord(simulatedInstalls(stdout))
    const names = Object.keys(packages)
    return Object.keys(got).length === names.length && names.every((one) => got[one] === packages[one])
  }
  if (exitCode === 100 && isRefusal(`${stdout}\n${stderr}`)) return false
  throw new StackrigError(
    'IMAGE_BUILD_FAILED',
    'apt must be able to say whether packages can be installed together',
    {
      where: `packages of image ${name}`,
      seen: `apt-get --simulate ended with ${exitCode ?? 'an error'}\n${stderr.slice(-2000)}`,
      next: 'mend what it says, and start again',
    },
  )
}

/** Whether apt (2.6, in the locale C) says that packages cannot be together, and not that something else ended it. */
export const isRefusal = (text: string): boolean =>
  /unmet dependencies|held broken packages|Unable to correct problems|Resolve generated breaks/.test(text)

/** `NAME=VERSION` of the lines that begin with `Inst` (apt-get(8), --simulate). */
export const simulatedInstalls = (text: string): string[] =>
  [...text.matchAll(/^Inst (\S+) (?:\[\S+\] )?\((\S+)/gm)].map(
    ([, name = '', version = '']) => `${name}=${version}`,
  )
