import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { quoteWord } from '../shell-word.js'
import { debsFolder } from './cache.js'
import { hostAptOptions } from './debian-packages.js'
import { packageLines } from './packages.js'

/** dpkg's options for every tree. */
export const dpkgOptions = ['force-unsafe-io', 'force-confdef']

/** mmdebstrap's options for a tree whose packages an earlier build installed. */
export const unpackOptions = (layer: string): string[] => [
  '--variant=custom',
  '--skip=update,cleanup',
  `--setup-hook=echo "stackrig: unpacking packages an earlier build installed"; tar -xf ${quoteWord(layer)} -C "$1" --xattrs --xattrs-include='*' --numeric-owner`,
]

/** A tree whose packages are installed now. */
interface Installation {
  isRoot: boolean
  /** A folder of this build alone. */
  scratch: string
  packages: string[]
  /** dpkg's path-exclude and path-include. */
  paths: string[]
  /** Programs that do nothing meanwhile. */
  postponed: string[]
  /** The very packages, with their versions. */
  exact?: Readonly<Record<string, string>> | undefined
}

/** mmdebstrap's options for it. */
export async function installOptions(tree: Installation): Promise<string[]> {
  const { isRoot, scratch, packages, paths, postponed, exact } = tree
  return [
    '--variant=minbase',
    // Otherwise the downloaded packages are thrown away. What is to be cleaned is cleaned before the image is made.
    '--skip=download/empty,essential/unlink,cleanup',
    '--aptopt=Acquire::Languages "none";',
    '--aptopt=APT::Install-Recommends "false";',
    ...(await hostAptHooks(scratch)),
    ...(exact ? await exactHooks(scratch, exact) : []),
    ...packageCacheHooks(isRoot),
    `--extract-hook=${pathHook(paths)}`,
    `--essential-hook=${postponeHook(postponed)}`,
    `--include=${(exact ? packageLines(exact) : packages).join(',')}`,
  ]
}

/** Where apt in the tree finds it; finish-debian.sh takes it away, and out of what is kept for the next build. */
const hostConfiguration = '/etc/apt/apt.conf.d/98host-mmdebstrap'

/**
 * Tells apt in the tree how this machine reaches its mirrors. Not with --aptopt: a proxy may have a password, and the arguments of
 * a process are for everybody to read. mmdebstrap reads the file outside the tree, as the user who builds.
 */
export async function hostAptHooks(scratch: string): Promise<string[]> {
  const file = join(scratch, 'host-apt.conf')
  await writeFile(file, (await hostAptOptions()).map((line) => `${line}\n`).join(''), { mode: 0o600 })
  return [
    `--setup-hook=install -m 600 /dev/null "$1${hostConfiguration}"`,
    `--setup-hook=upload ${quoteWord(file)} ${hostConfiguration}`,
  ]
}

const preferences = '/etc/apt/preferences.d/99mmdebstrap'

/** Makes apt in the tree choose these versions, and no other package. finish-debian.sh takes that away. */
async function exactHooks(scratch: string, exact: Readonly<Record<string, string>>): Promise<string[]> {
  const file = join(scratch, 'exact-preferences')
  await writeFile(file, exactPreferences(exact))
  return [
    // Where an older version of an essential package is wanted than the suite has.
    '--aptopt=APT::Get::allow-downgrades "true";',
    `--setup-hook=upload ${quoteWord(file)} ${preferences}`,
  ]
}

/** apt_preferences(5): 1001 is chosen even where it is older, what is below 0 never. */
export const exactPreferences = (exact: Readonly<Record<string, string>>): string =>
  [
    ...Object.entries(exact).map(
      ([name, version]) => `Package: ${name}\nPin: version ${version}\nPin-Priority: 1001\n`,
    ),
    'Package: *\nPin: release *\nPin-Priority: -1\n',
  ].join('\n')

/**
 * A hook's command that runs inside the tree, without what is mounted there: /proc, /sys and /dev are this machine's.
 * `words` arrive as they are, as the script's `$@`. The hook is given the tree as its `$1`.
 */
export const insideTree = (script: string, words: string[]): string =>
  [
    // Before the packages are configured there is no /mnt yet.
    `mkdir -p "$1/mnt"; unshare --mount sh -euc 'mount --bind "$0" "$0/mnt"; exec chroot "$0/mnt" "$@"' "$1"`,
    ...['sh', '-euc', script, 'sh', ...words].map(quoteWord),
  ].join(' ')

/**
 * Tells dpkg which paths not to install. Not with --dpkgopt: mmdebstrap 1.3 then sends each essential package through a
 * slow Python filter. Removing what they brought before dpkg installs them does the same.
 */
export function pathHook(paths: string[]): string {
  // Without IFS a pattern is not split at its spaces; the shell only looks for files that it matches.
  const script = `printf "%s\\n" "$@" >/etc/dpkg/dpkg.cfg.d/90stackrig
IFS=
for path; do
    case $path in path-exclude=*) rm -rf -- \${path#path-exclude=} ;; esac
done`
  return insideTree(script, paths)
}

/** Puts programs that do nothing in the place of these; finish-debian.sh brings the real ones back. */
export const postponeHook = (programs: string[]): string =>
  insideTree(
    `for program; do
    dpkg-divert --quiet --local --rename --add "$program"
    mkdir -p "\${program%/*}"
    echo "#!/bin/sh" >"$program"
    chmod 755 "$program"
done`,
    programs,
  )

/** Hands apt the packages earlier builds downloaded, and keeps those it downloads now. */
function packageCacheHooks(isRoot: boolean): string[] {
  const cache = quoteWord(debsFolder())
  const archives = '/var/cache/apt/archives'
  if (!isRoot) {
    return [
      `--setup-hook=mkdir -p "$1${archives}/partial"`,
      `--setup-hook=sync-in ${cache} ${archives}`,
      `--customize-hook=rm -rf "$1${archives}/partial" "$1${archives}/lock"`,
      `--customize-hook=sync-out ${archives} ${cache}`,
    ]
  }
  // Root's tree lies on the cache's file system: links cost nothing.
  return [
    `--setup-hook=mkdir -p "$1${archives}/partial"; ls ${cache} | grep -q deb$ && cp -l ${cache}/*.deb "$1${archives}/" || true`,
    `--customize-hook=${keepHook(archives, cache)}`,
  ]
}

/**
 * A hook's command that keeps what apt has downloaded. Where packages are kept on another file system than the tree they are copied; a copy
 * gets its name when it is whole.
 * @param cache a word for the shell
 */
export const keepHook = (archives: string, cache: string): string =>
  `cp -ln "$1${archives}"/*.deb ${cache}/ 2>/dev/null || for deb in "$1${archives}"/*.deb; do
    kept=${cache}/"\${deb##*/}"
    test -e "$kept" && continue
    copy=$(mktemp ${cache}/.copying-XXXXXX) && cp "$deb" "$copy" && chmod 644 "$copy" && mv "$copy" "$kept" || { rm -f "$copy"; exit 1; }
done`
