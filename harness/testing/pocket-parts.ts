import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs'
import { basename, join } from 'node:path'
import { imagesFolder } from '../images/cache.js'
import { buildImages } from '../images/index.js'
import type { CpioEntry } from '../images/cpio.js'

/** What the pocket image is made of, to make others of. */
export interface PocketParts {
  /** The file of its kernel. */
  kernel: string
  /** Its initramfs, which is the whole system. */
  entries: CpioEntry[]
}

/** Builds the pocket image when it is not there, and takes it apart. */
export async function pocketParts(): Promise<PocketParts> {
  const [pocket] = await buildImages(['pocket'])
  if (!pocket?.kernel || !pocket.initrd) throw new TypeError('the pocket image is a kernel and an initramfs')
  return { kernel: pocket.kernel, entries: readCpio(readFileSync(pocket.initrd)) }
}

/** The members of an archive in the "newc" format (Documentation/driver-api/early-userspace/buffer-format.rst). */
export function readCpio(archive: Buffer): CpioEntry[] {
  const entries: CpioEntry[] = []
  for (let at = 0; ;) {
    const field = (n: number): number =>
      Number.parseInt(archive.toString('latin1', at + 6 + 8 * n, at + 14 + 8 * n), 16)
    const [mode, size, major, minor, nameLength] = [field(1), field(6), field(9), field(10), field(11)]
    const path = archive.toString('utf8', at + 110, at + 110 + nameLength - 1)
    if (path === 'TRAILER!!!') return entries
    const start = aligned(at + 110 + nameLength)
    const content = archive.subarray(start, start + size)
    entries.push({ path, mode, content, device: [major, minor] })
    at = aligned(start + size)
  }
}

const aligned = (position: number): number => Math.ceil(position / 4) * 4

/**
 * The parts without some of busybox's applets: neither in the folders, nor in busybox itself, whose shell looks there
 * first. A name is changed for one that stands at the same place in its sorted list.
 */
export function withoutApplets(entries: CpioEntry[], applets: readonly string[]): CpioEntry[] {
  const names = applets.map((applet) => new RegExp(`^(?:usr/)?s?bin/${applet}$`))
  return entries
    .filter(({ path }) => !names.some((name) => name.test(path)))
    .map((entry) =>
      entry.path === 'bin/busybox' ? { ...entry, content: renamed(entry.content, applets) } : entry,
    )
}

function renamed(content: Buffer | undefined, applets: readonly string[]): Buffer {
  const binary = Buffer.from(content ?? '')
  for (const applet of applets) {
    const at = binary.indexOf(`\0${applet}\0`)
    if (at < 0) throw new TypeError(`busybox has no applet ${applet}`)
    // The last letter's neighbour below: nothing is called so, and the order stays.
    const last = at + applet.length
    binary.writeUInt8(binary.readUInt8(last) - 1, last)
  }
  return binary
}

/** Finds the modules of the pocket image's kernel among the packages that it was built from. */
export function pocketModules({ entries }: PocketParts): (name: string) => string | undefined {
  // A test's own cache has the images of the real one by a link.
  const unpacked = join(realpathSync(imagesFolder()), '..', 'unpacked')
  const trees = readdirSync(unpacked).map((tree) => join(unpacked, tree, 'lib', 'modules'))
  const one = entries.find(({ path }) => path.endsWith('/virtio_pci.ko'))?.content
  for (const modules of trees.filter(existsSync)) {
    const files = readdirSync(modules, { recursive: true, encoding: 'utf8' }).filter((file) =>
      file.endsWith('.ko'),
    )
    const byName = new Map(
      files.map((file) => [basename(file, '.ko').replaceAll('-', '_'), join(modules, file)]),
    )
    const same = byName.get('virtio_pci')
    if (one && same && readFileSync(same).equals(one)) return (name) => byName.get(name.replaceAll('-', '_'))
  }
  throw new TypeError('the packages of the pocket image are not in the cache')
}
