import { quoteWord } from '../shell-word.js'
import { debsFolder } from './cache.js'
import { hostAptOptions } from './debian-packages.js'

/** dpkg's options for every tree. */
export const dpkgOptions = ['force-unsafe-io', 'force-confdef']

/** mmdebstrap's options for a tree whose packages an earlier build installed. */
export const unpackOptions = (layer: string): string[] => [
  '--variant=custom',
  '--skip=update,cleanup',
  `--setup-hook=echo "stackrig: unpacking packages an earlier build installed"; tar -xf ${quoteWord(layer)} -C "$1" --xattrs --xattrs-include='*' --numeric-owner`,
]

/**
 * mmdebstrap's options for a tree whose packages are installed now; `paths` are dpkg's path-exclude and path-include,
 * `postponed` the programs that do nothing meanwhile.
 */
export async function installOptions(
  isRoot: boolean,
  packages: string[],
  paths: string[],
  postponed: string[],
): Promise<string[]> {
  return [
    '--variant=minbase',
    // Otherwise the downloaded packages are thrown away. What is to be cleaned is cleaned before the image is made.
    '--skip=download/empty,essential/unlink,cleanup',
    ...(await hostAptOptions()).map((option) => `--aptopt=${option}`),
    '--aptopt=Acquire::Languages "none";',
    '--aptopt=APT::Install-Recommends "false";',
    ...packageCacheHooks(isRoot),
    `--extract-hook=${pathHook(paths)}`,
    `--essential-hook=${postponeHook(postponed)}`,
    `--include=${packages.join(',')}`,
  ]
}

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
    `--customize-hook=cp -ln "$1${archives}"/*.deb ${cache}/`,
  ]
}
