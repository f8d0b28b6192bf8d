import { existsSync, readFileSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { lockDownloads } from './build-lock.js'
import { unpackedFolder } from './cache.js'
import { downloadPackages, newestKernelPackage, versionOf } from './debian-packages.js'
import { downloadExactly } from './exact-archive.js'
import { buildFailed, runLogged, type BuildLog } from './program.js'
import type { Recipe } from './recipe.js'
import { isSmallSystem } from './small-system.js'

/** A kernel, its modules, and busybox, unpacked from Debian's packages. */
export interface SmallSystem {
  /** The compressed kernel. */
  kernel: string
  /** Finds the file of a module. */
  moduleFile: (name: string) => string | undefined
  /** The statically linked busybox. */
  busybox: string
  /** `name=version` of every package used. */
  packages: string[]
}

/**
 * Downloads (or finds in the cache) and unpacks the kernel and busybox of a small image.
 * @param exact the very packages; without them, the newest of the suite
 */
export async function unpackSmallSystem(
  log: BuildLog,
  suite: string,
  kernelPackage: string,
  exact?: Readonly<Record<string, string>>,
): Promise<SmallSystem> {
  // Other small images are made of the same packages.
  // eslint-disable-next-line @typescript-eslint/no-unused-vars -- held until this function returns
  await using _lock = await lockDownloads('packages', log.signal)
  const debs = exact
    ? await downloadSmallSystem(log, { name: log.image, suite }, exact)
    : await downloadPackages(log, suite, [
        await newestKernelPackage(log, suite, kernelPackage),
        'busybox-static',
      ])
  const trees: string[] = []
  for (const deb of debs) {
    const tree = join(unpackedFolder(), basename(deb, '.deb'))
    if (!existsSync(tree)) {
      // Renamed when complete: a build that was given up leaves no half tree that looks whole.
      const unpacking = join(unpackedFolder(), '.unpacking')
      rmSync(unpacking, { recursive: true, force: true })
      await runLogged(log, 'dpkg-deb', ['-x', deb, unpacking])
      renameSync(unpacking, tree)
    }
    trees.push(tree)
  }
  const [kernelTree, busyboxTree] = trees
  if (!kernelTree || !busyboxTree) throw buildFailed(log, 'a package is missing')
  const kernel = readdirSync(join(kernelTree, 'boot')).find((file) => file.startsWith('vmlinuz-'))
  if (!kernel) throw buildFailed(log, `${basename(kernelTree)} holds no kernel`)
  const modules = moduleFiles(join(kernelTree, 'lib', 'modules'))
  return {
    kernel: join(kernelTree, 'boot', kernel),
    moduleFile: (name) => modules.get(name.replaceAll('-', '_')),
    busybox:
      [join(busyboxTree, 'bin', 'busybox'), join(busyboxTree, 'usr', 'bin', 'busybox')].find(existsSync) ??
      '',
    packages: debs.map(versionOf).sort(),
  }
}

/** The package files of the kernel, and of busybox. */
async function downloadSmallSystem(
  log: BuildLog,
  recipe: Pick<Recipe, 'name' | 'suite'>,
  packages: Readonly<Record<string, string>>,
): Promise<string[]> {
  if (!isSmallSystem(packages))
    throw buildFailed(
      log,
      `one kernel and busybox-static are wanted, not ${Object.keys(packages).join(', ')}`,
    )
  const debs = await downloadExactly(log, recipe, packages)
  const isKernel = (deb: string): boolean => basename(deb).startsWith('linux-image-')
  return [...debs.filter(isKernel), ...debs.filter((deb) => !isKernel(deb))]
}

function moduleFiles(folder: string): Map<string, string> {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ko'),
  )
  return new Map(files.map((file) => [basename(file, '.ko').replaceAll('-', '_'), join(folder, file)]))
}

/**
 * The modules and everything they need, in an order in which insmod can load them.
 * What a module needs stands in its own `.modinfo` section, so no depmod is needed.
 * `missing` receives each name without a file.
 */
export function loadOrder(
  names: string[],
  moduleFile: (name: string) => string | undefined,
  missing: (name: string) => void,
): string[] {
  const order: string[] = []
  const visit = (name: string): void => {
    const file = moduleFile(name)
    if (!file) {
      missing(name)
      return
    }
    if (order.includes(file)) return
    needs(readFileSync(file)).forEach(visit)
    order.push(file)
  }
  names.forEach(visit)
  return order
}

function needs(module: Buffer): string[] {
  const key = Buffer.from('\0depends=')
  const start = module.indexOf(key)
  if (start < 0) return []
  const end = module.indexOf(0, start + key.length)
  return module
    .subarray(start + key.length, end)
    .toString('latin1')
    .split(',')
    .filter(Boolean)
}
