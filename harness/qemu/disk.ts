import { chmod, copyFile } from 'node:fs/promises'
import { execa } from 'execa'
import { messageOf, StackrigError } from '../errors/index.js'
import type { DiskFormat } from '../images/index.js'
import { withPrivateFiles } from '../sandbox/index.js'
import { sizeOfDisk, writeOverlay } from './qcow2.js'

/** What to do when a node's disk finds no room. */
export const moreRoom =
  'free some, or set TMPDIR (disks of forks) or STACKRIG_CACHE (of a golden snapshot) to a folder on a larger disk'

/**
 * Makes a qcow2 file that holds what differs from another disk.
 * @param backing a relative path is one from the file's own folder
 * @throws StackrigError HOST_DISK
 */
export async function createOverlay(file: string, backing: string, format: DiskFormat): Promise<void> {
  if (format === 'raw' || format === 'qcow2') {
    const size = sizeOfDisk(backing, { format, from: file })
    await withRoom(
      file,
      size.then((bytes) => writeOverlay(file, { backing, format, size: bytes })),
    )
    return
  }
  // The others say their size in ways of their own (QEMU docs, "qemu-img create").
  const words = ['create', '-q', '-f', 'qcow2', '-F', format, '-b', backing, file]
  const options = { timeout: 60_000, killSignal: 'SIGKILL' } as const
  await withRoom(
    file,
    withPrivateFiles(() => execa('qemu-img', words, options)),
  )
}

/**
 * The same on a disk that a machine has open, and that is called `backing` only later: so its size must be told, bytes.
 * @throws StackrigError HOST_DISK
 */
export async function createLayer(file: string, backing: string, size: number): Promise<void> {
  await withRoom(file, writeOverlay(file, { backing, format: 'qcow2', size }))
}

/** Says that a qcow2 file lies on another disk with the same content as before (QEMU docs, "qemu-img rebase", -u). */
export async function moveOverlay(
  file: string,
  backing: string,
  format: DiskFormat = 'qcow2',
): Promise<void> {
  await execa('qemu-img', ['rebase', '-u', '-f', 'qcow2', '-F', format, '-b', backing, file])
}

/** @throws StackrigError HOST_DISK */
export async function copyDisk(from: string, file: string): Promise<void> {
  await withRoom(file, copyFile(from, file))
  await chmod(file, 0o600)
}

async function withRoom(file: string, writing: Promise<unknown>): Promise<void> {
  try {
    await writing
  } catch (cause) {
    if (!/No space left|ENOSPC/i.test(messageOf(cause))) throw cause
    throw new StackrigError('HOST_DISK', 'a disk of a node must find room on this machine', {
      where: file,
      seen: 'no space left',
      next: moreRoom,
      cause,
    })
  }
}
