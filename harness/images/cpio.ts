import { lstatSync, readFileSync, readdirSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'

/** An entry of an initramfs. Every one is owned by root. */
export interface CpioEntry {
  /** Path without a leading slash. */
  path: string
  /** Type and permission bits, as in `st_mode`. */
  mode: number
  content?: Buffer
  /** For device nodes: major and minor number. */
  device?: [number, number]
}

const regular = 0o100000
const directory = 0o040000
const symlink = 0o120000
const character = 0o020000

export const cpioFile = (path: string, permissions: number, content: Buffer): CpioEntry => ({
  path,
  mode: regular | permissions,
  content,
})
export const cpioFolder = (path: string): CpioEntry => ({ path, mode: directory | 0o755 })
export const cpioLink = (path: string, target: string): CpioEntry => ({
  path,
  mode: symlink | 0o777,
  content: Buffer.from(target),
})
export const cpioDevice = (path: string, major: number, minor: number): CpioEntry => ({
  path,
  mode: character | 0o600,
  device: [major, minor],
})

/** The entries of a folder, below the archive's root, sorted so that the same tree gives the same archive. */
export function cpioTree(folder: string, below = ''): CpioEntry[] {
  return readdirSync(join(folder, below))
    .sort()
    .flatMap((name) => {
      const path = join(below, name)
      const source = join(folder, path)
      const status = lstatSync(source)
      if (status.isDirectory()) return [cpioFolder(path), ...cpioTree(folder, path)]
      if (status.isSymbolicLink()) return [cpioLink(path, readlinkSync(source))]
      return [cpioFile(path, status.mode & 0o100 ? 0o755 : 0o644, readFileSync(source))]
    })
}

/**
 * An archive in the "newc" format the kernel unpacks (Documentation/driver-api/early-userspace/buffer-format.rst).
 * Written here because that needs neither root nor fakeroot for owners and device nodes.
 * A path that occurs twice is kept once, the last time.
 */
export function cpioArchive(entries: CpioEntry[]): Buffer {
  const byPath = new Map(entries.map((entry) => [entry.path, entry]))
  const parts: Buffer[] = []
  let inode = 1
  for (const entry of byPath.values()) parts.push(...member(entry, inode++))
  parts.push(...member({ path: 'TRAILER!!!', mode: 0 }, 0))
  return Buffer.concat(parts)
}

function member(
  { path, mode, content = Buffer.alloc(0), device = [0, 0] }: CpioEntry,
  inode: number,
): Buffer[] {
  const name = Buffer.from(`${path}\0`)
  // inode, mode, uid, gid, links, mtime, size, device of the file, device it is, length of the name, checksum
  const fields = [inode, mode, 0, 0, 1, 0, content.length, 0, 0, ...device, name.length, 0]
  const header = Buffer.from(`070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}`)
  return [header, name, padding(header.length + name.length), content, padding(content.length)]
}

const padding = (length: number): Buffer => Buffer.alloc((4 - (length % 4)) % 4)
