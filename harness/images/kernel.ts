import { existsSync, readFileSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { lockBuild } from './build-lock.js'
import { unpackedFolder } from './cache.js'
import { downloadPackages, newestKernelPackage, versionOf } from './debian-packages.js'
import { buildFailed, runLogged, type BuildLog } from './program.js'

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

/** Downloads (or finds in the cache) and unpacks the kernel and busybox of a small image. */
export async function unpackSmallSystem(
  log: BuildLog,
  suite: string,
  kernelPackage: string,
): Promise<SmallSystem> {
  // Other small images are made of the same packages.
  // eslint-disable-next-line @typescript-eslint/no-unused-vars -- held until this function returns
  await using _lock = await lockBuild('packages', log.signal, () => undefined)
  const image = await newestKernelPackage(log, suite, kernelPackage)
  const debs = await downloadPackages(log, suite, [image, 'busybox-static'])
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
  if (!kernel) throw buildFailed(log, `${image} holds no kernel`)
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
