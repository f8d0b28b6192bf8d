import { existsSync } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { execa } from 'execa'
import { StackrigError } from '../errors/index.js'
import { imagesFolder } from './cache.js'

/**
 * A file as it is without its `.zst`, in the store: QEMU reads no compressed disks, and a deploy folder is not ours to
 * write to. Done once for a file with this digest.
 * @throws StackrigError HOST_PROGRAM_MISSING, IMAGE_MISMATCH when it is no such file.
 */
export async function decompressed(file: string, sha256: string): Promise<string> {
  if (!file.endsWith('.zst')) return file
  const folder = join(imagesFolder(), 'decompressed', sha256.slice(0, 16))
  const plain = join(folder, basename(file, '.zst'))
  if (existsSync(plain)) return plain
  await mkdir(folder, { recursive: true })
  const unfinished = `${plain}.${process.pid}`
  try {
    await execa('zstd', ['--decompress', '--quiet', '--sparse', '--force', '-o', unfinished, file])
    await rename(unfinished, plain)
  } catch (cause) {
    await rm(unfinished, { force: true })
    if ((cause as { code?: string }).code === 'ENOENT') {
      throw new StackrigError('HOST_PROGRAM_MISSING', 'zstd must be installed: the image is compressed.', {
        where: file,
        next: 'sudo apt-get install zstd',
      })
    }
    throw new StackrigError('IMAGE_MISMATCH', 'A file that ends in .zst must be one that zstd can read.', {
      where: file,
      seen: cause instanceof Error ? cause.message : undefined,
      next: 'build the image again; look whether the disk is full',
      cause,
    })
  }
  return plain
}
