import { open, type FileHandle } from 'node:fs/promises'
import { StackrigError } from '../errors/index.js'
import { qcow2Header } from './qcow2-header.js'

/** What a qcow2 disk calls the one that it lies on, when it lies on one (QEMU's docs/interop/qcow2.txt). */
export async function backingFile(disk: string): Promise<string | undefined> {
  await using handle = await open(disk, 'r')
  const header = await qcow2Header(handle)
  return header && (await backingName(handle, header))
}

/**
 * What a disk keeps elsewhere, in words; undefined for one that is all in its file. A file that a qcow2 names is in nobody's
 * digest, and could be any of this machine's. Read from the header (QEMU's docs/interop/qcow2.txt) and not by qemu-img,
 * which opens a data file whatever it is (CVE-2024-4467).
 */
export async function foreignData(disk: string): Promise<string | undefined> {
  await using handle = await open(disk, 'r')
  const header = await qcow2Header(handle)
  if (!header) return undefined
  const name = await backingName(handle, header)
  if (name !== undefined) return `a backing file, ${name}`
  const incompatible = header.readUInt32BE(4) >= 3 ? header.readBigUInt64BE(72) : 0n
  return (incompatible & 4n) === 0n ? undefined : 'a data file'
}

async function backingName(handle: FileHandle, header: Buffer): Promise<string | undefined> {
  if (header.readBigUInt64BE(8) === 0n) return undefined
  const name = Buffer.alloc(Math.min(header.readUInt32BE(16), 1023))
  await handle.read(name, 0, name.length, Number(header.readBigUInt64BE(8)))
  return name.toString()
}

/** @throws StackrigError IMAGE_MISMATCH for a disk that keeps something elsewhere. */
export async function requireOwnData({ name, rootfs }: { name: string; rootfs?: string }): Promise<void> {
  const elsewhere = rootfs && (await foreignData(rootfs))
  if (!rootfs || elsewhere === undefined) return
  throw new StackrigError('IMAGE_MISMATCH', `The disk of image "${name}" must be all in one file.`, {
    where: rootfs,
    seen: `it has ${elsewhere}`,
    next: `make one file of it: qemu-img convert -O qcow2 ${rootfs} ONE.qcow2`,
  })
}
