import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import { hostFault, systemCode } from '../errors/index.js'
import { harnessFile } from '../paths.js'
import type { Mounts } from './mounts.js'
import { placesOf, viewFolder, type Place, type View } from './view.js'

const program = harnessFile('sandbox/confine.pl')

/**
 * The words before a command that let it see no more than its view, for good. They must come behind those that enter the sandbox.
 * @param options.folder of the sandbox
 * @param options.closing descriptors that the command shall not have
 * @throws StackrigError HOST_DISK, HOST_FOLDER, HOST_LIMIT
 */
export function confine(
  view: View,
  { folder, mounts, closing }: { folder: string; mounts: Mounts; closing: readonly number[] },
): string[] {
  const root = join(viewFolder(folder), 'root')
  try {
    makeFoldersIn(folder, root)
    const places = placesOf(view, folder, mounts)
    layOut(root, places)
    const mounting = places.flatMap(mountsOf)
    return [
      ...['perl', program, root, folder, closing.join(','), view.ordinaryUser ? 'all' : 'none'],
      ...[String(mounting.length), ...mounting.flat()],
      ...(view.ordinaryUser ? asOrdinaryUser : []),
    ]
  } catch (error) {
    throw hostFault(error, 'what a program of a sandbox sees must be put together', root)
  }
}

/** Another user than root has no capabilities. To become one needs some (user_namespaces(7)). */
const asOrdinaryUser = ['unshare', '--user', '--map-user=1000', '--map-group=1000', '--']

/** Empty folders and files, for what is mounted on them. */
function layOut(root: string, places: readonly Place[]): void {
  for (const { at, isFolder } of places) {
    const path = join(root, at)
    if (existsSync(path)) continue
    makeFoldersIn(root, isFolder ? path : dirname(path))
    if (!isFolder) writeFileSync(path, '')
  }
  for (const [name, target] of links) {
    const path = join(root, name)
    makeFoldersIn(root, dirname(path))
    unlessThere(() => symlinkSync(target, path))
  }
}

/** Those between a folder and a path in it. The folder itself is never made: a sandbox that is gone must not come again. */
function makeFoldersIn(folder: string, path: string): void {
  let made = folder
  for (const name of relative(folder, path).split(sep)) {
    made = join(made, name)
    const next = made
    unlessThere(() => mkdirSync(next, { mode: 0o700 }))
  }
}

function unlessThere(make: () => void): void {
  try {
    make()
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error
  }
}

/** What shells and scripts expect (fd(4)). */
const links = [
  ['dev/fd', '/proc/self/fd'],
  ['dev/stdin', '/proc/self/fd/0'],
  ['dev/stdout', '/proc/self/fd/1'],
  ['dev/stderr', '/proc/self/fd/2'],
] as const

/** Linux, linux/mount.h. */
const flags: Readonly<Record<string, number>> = { ro: 1, nosuid: 2, nodev: 4, noexec: 8 }

/** As confine.pl reads it. */
function mountsOf({ at, from, kind, options, inner }: Place): string[][] {
  const numbers = options.map((option) => flags[option] ?? 0)
  const sum = (...more: number[]): string => String([...numbers, ...more].reduce((all, one) => all | one, 0))
  return [
    [kind, sum(), from, at],
    ...inner.map(({ at: within, options: own }) => [
      'remount',
      sum(...own.map((o) => flags[o] ?? 0)),
      '',
      within,
    ]),
  ]
}
