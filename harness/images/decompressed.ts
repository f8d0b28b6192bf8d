import { existsSync } from 'node:fs'
import { mkdir, readdir, rename, rm, stat, utimes } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { execa } from 'execa'
import { StackrigError } from '../errors/index.js'
import { compressions } from './boot-files.js'
import { imagesFolder } from './cache.js'
import { openFiles } from './open-files.js'

/**
 * A file as it is without its `.zst`, in the store: QEMU reads no compressed disks, and a deploy folder is not ours to
 * write to. Done once for a file with this digest.
 * @throws StackrigError HOST_PROGRAM_MISSING, IMAGE_MISMATCH when it is no such file.
 */
export async function decompressed(file: string, sha256: string): Promise<string> {
  const end = file.slice(file.lastIndexOf('.') + 1)
  const program = compressions[end]
  if (program === undefined) return file
  const folder = join(imagesFolder(), 'decompressed', sha256.slice(0, 16))
  const plain = join(folder, basename(file, `.${end}`))
  if (existsSync(plain)) {
    const now = new Date()
    await utimes(folder, now, now)
    return plain
  }
  await pruneOld(dirname(folder))
  await mkdir(folder, { recursive: true })
  const unfinished = `${plain}.${process.pid}`
  try {
    const written = program === 'zstd' ? ['--sparse', '--force', '-o', unfinished, file] : ['--stdout', file]
    const output = program === 'zstd' ? 'pipe' : { file: unfinished }
    await execa(program, ['--decompress', '--quiet', ...written], { stdout: output })
    await rename(unfinished, plain)
  } catch (cause) {
    await rm(unfinished, { force: true })
    if ((cause as { code?: string }).code === 'ENOENT') {
      throw new StackrigError(
        'HOST_PROGRAM_MISSING',
        `${program} must be installed: the image is compressed.`,
        {
          where: file,
          next: `sudo apt-get install ${program === 'xz' ? 'xz-utils' : program}`,
        },
      )
    }
    if (/No space left|ENOSPC/i.test(cause instanceof Error ? cause.message : '')) {
      throw new StackrigError(
        'HOST_DISK',
        'An image that is compressed must find room beside it in the cache.',
        {
          where: folder,
          seen: `${program} ran out of room while it took ${file} apart`,
          next: 'free some, or set STACKRIG_CACHE to a larger disk',
          cause,
        },
      )
    }
    throw new StackrigError(
      'IMAGE_MISMATCH',
      `A file that ends in .${end} must be one that ${program} can read.`,
      {
        where: file,
        seen: cause instanceof Error ? cause.message : undefined,
        next: 'build the image again',
        cause,
      },
    )
  }
  return plain
}

const month = 30 * 24 * 3600 * 1000

/** Copies of images that nobody has booted for a month, and that no process has open. */
async function pruneOld(all: string): Promise<void> {
  const open = openFiles()
  for (const name of await readdir(all).catch(() => [])) {
    const folder = join(all, name)
    const { mtimeMs } = await stat(folder)
    if (Date.now() - mtimeMs < month || open.some((file) => file.startsWith(`${folder}/`))) continue
    await rm(folder, { recursive: true, force: true })
  }
}
