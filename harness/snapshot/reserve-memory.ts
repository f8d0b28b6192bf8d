import { stat, statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import { execa } from 'execa'
import { hostFault, StackrigError } from '../errors/index.js'

/** The file systems whose files lie in memory (statfs(2), TMPFS_MAGIC). */
const tmpfs = 0x01021994

/**
 * Makes sure that a fork can read all of a golden memory file. On a disk a hole reads as zeros for nothing; tmpfs takes a page for
 * each that a guest looks at, and when it is full, the kernel ends QEMU with SIGBUS. So there the holes get their pages before
 * anything runs on the file; what it holds stays the same.
 * @throws StackrigError HOST_DISK, HOST_FOLDER
 */
export async function reserveMemory(file: string): Promise<void> {
  const [{ type }, { size, blocks }] = await Promise.all([statfs(file), stat(file)]).catch(
    (error: unknown) => {
      throw hostFault(error, 'the memory of a golden snapshot must be there', file)
    },
  )
  if (type !== tmpfs) return
  // The block of stat(2) has 512 bytes whatever the file system's has.
  if (blocks * 512 >= size) return
  const { failed, stderr, shortMessage } = await execa('fallocate', ['--length', String(size), file], {
    reject: false,
    stdin: 'ignore',
  })
  if (!failed) return
  const { bavail, bsize } = await statfs(file)
  const free = Math.floor((bavail * bsize) / 1024 ** 2)
  throw new StackrigError('HOST_DISK', 'the memory of a golden snapshot must have all its room on tmpfs', {
    where: dirname(file),
    seen: `${free} MiB are free, and ${Math.ceil((size - blocks * 512) / 1024 ** 2)} MiB are needed: ${stderr || shortMessage}`,
    next: 'set STACKRIG_CACHE to a folder on a disk, or make that file system larger',
  })
}
