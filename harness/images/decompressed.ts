import { existsSync } from 'node:fs'
import { readdir, rm, stat, utimes } from 'node:fs/promises'
import { basename, dirname, extname, join } from 'node:path'
import { execa } from 'execa'
import { StackrigError } from '../errors/index.js'
import { logger } from '../log.js'
import { makeFolder } from '../make-folder.js'
import { checkManifest, hasManifest, removeManifest, setAside, writeManifest } from '../manifest.js'
import { compressions } from './boot-files.js'
import { lockBuild } from './build-lock.js'
import { imagesFolder } from './cache.js'
import { openFiles } from './open-files.js'
import { writeSparseFile, type Room } from './sparse-file.js'

const debug = logger('images')

/**
 * A file as it is without its `.zst`, in the store: QEMU reads no compressed disks, and a deploy folder is not ours to
 * write to. Done once for a file with this digest. A copy that is not what was written is set aside, with the reason, and made anew.
 * @throws StackrigError HOST_PROGRAM_MISSING, HOST_DISK before the disk is full, IMAGE_MISMATCH when it is no such file.
 */
export async function decompressed(
  file: string,
  sha256: string,
  options: { room?: Room } = {},
): Promise<string> {
  const end = file.slice(file.lastIndexOf('.') + 1)
  const program = compressions[end]
  if (program === undefined) return file
  const folder = join(imagesFolder(), 'decompressed', sha256.slice(0, 16))
  const plain = join(folder, basename(file, `.${end}`))
  if (existsSync(plain) && (await wrongWith(folder)) === undefined) return await used(folder, plain)
  // eslint-disable-next-line @typescript-eslint/no-unused-vars -- held until this function returns
  await using _lock = await lockBuild(`decompressed-${basename(folder)}`, undefined, () =>
    debug('waiting for the copy of %s', file),
  )
  const wrong = await wrongWith(folder)
  if (wrong === undefined && existsSync(plain)) return await used(folder, plain)
  // Without a manifest, whatever becomes of this process, nobody takes what lies here for whole.
  if (wrong === undefined) await removeManifest(folder)
  else if (hasManifest(folder)) debug('the copy in %s: %s', await setAside(folder, wrong), wrong)
  else await rm(folder, { recursive: true, force: true })
  await pruneOld(dirname(folder))
  makeFolder(folder)
  try {
    await unpack(program, file, plain, options)
    await writeManifest(folder)
  } catch (error) {
    await rm(plain, { force: true })
    throw error
  }
  return plain
}

/** Undefined for a folder whose copies are what was written. */
const wrongWith = async (folder: string): Promise<string | undefined> =>
  existsSync(folder) ? await checkManifest(folder) : 'it is not there'

async function used(folder: string, plain: string): Promise<string> {
  const now = new Date()
  await utimes(folder, now, now)
  return plain
}

async function unpack(program: string, file: string, to: string, options: { room?: Room }): Promise<void> {
  const unpacking = execa(program, ['--decompress', '--quiet', '--stdout', file], {
    buffer: { stdout: false },
    reject: false,
    stdin: 'ignore',
  })
  try {
    await writeSparseFile(unpacking.iterable({ binary: true }), to, options)
  } catch (cause) {
    unpacking.kill()
    await unpacking
    throw isFull(cause) ? noRoom(program, file, to, cause) : cause
  }
  const { failed, code, stderr, shortMessage } = await unpacking
  if (!failed) return
  if (code === 'ENOENT') {
    throw new StackrigError(
      'HOST_PROGRAM_MISSING',
      `${program} must be installed: the image is compressed.`,
      {
        where: file,
        next: `sudo apt-get install ${program === 'xz' ? 'xz-utils' : program}`,
      },
    )
  }
  throw new StackrigError(
    'IMAGE_MISMATCH',
    `A file that ends in ${extname(file)} must be one that ${program} can read.`,
    { where: file, seen: stderr || shortMessage, next: 'build the image again' },
  )
}

const isFull = (cause: unknown): boolean =>
  cause instanceof Error && (cause as NodeJS.ErrnoException).code === 'ENOSPC'

/** Something else wrote there meanwhile. */
const noRoom = (program: string, file: string, to: string, cause: unknown): StackrigError =>
  new StackrigError('HOST_DISK', 'An image that is compressed must find room beside it in the cache.', {
    where: dirname(to),
    seen: `the disk is full while ${program} unpacks ${file}`,
    next: 'free some, or set STACKRIG_CACHE to a larger disk',
    cause,
  })

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
