import { basename, dirname } from 'node:path'
import { execa } from 'execa'
import * as z from 'zod'
import { messageOf, StackrigError } from '../errors/index.js'
import { moreRoom } from '../qemu/index.js'

const capsuleSchema = z.object({
  format: z.literal('stackrig-capsule'),
  version: z.literal(1),
  /** Tells it from every other. */
  id: z.string(),
  made: z.iso.datetime(),
  run: z.string(),
  file: z.string(),
  test: z.string(),
  /** What its moments stand on. `digest` is that of its very files. */
  golden: z.object({ name: z.string(), digest: z.string(), size: z.number() }),
  images: z.array(z.object({ name: z.string(), folder: z.string(), digest: z.string(), size: z.number() })),
  /** Whether golden snapshot and images are in it. */
  withGolden: z.boolean(),
  /** Where it was made: another QEMU, accelerator or processor model does not load what this one saved. */
  host: z.object({ qemu: z.string(), accelerator: z.enum(['kvm', 'tcg']), processor: z.string().optional() }),
})

/** What a capsule says of itself, in its first file. */
export type Capsule = z.infer<typeof capsuleSchema>

export const capsuleNote = 'capsule.json'

/** A file or folder, and its name in the capsule. */
export interface Packed {
  path: string
  as: string
}

/** Writes a capsule; what is first is read first. @throws StackrigError HOST_DISK */
export async function pack(file: string, parts: readonly Packed[]): Promise<void> {
  const words = parts.flatMap(({ path, as }) => [
    `--transform=flags=rSh;s,^${escaped(basename(path))}\\(/\\|$\\),${as}\\1,`,
    ...['-C', dirname(path), basename(path)],
  ])
  // Each transformation is tried on all names: no two parts begin alike. What a symbolic link names stays as it is.
  await tar(['--create', '--zstd', '--sparse', '--file', file, ...words], file)
}

/** Names of files and folders that a regular expression of sed(1) takes as they are. */
const escaped = (name: string): string => name.replaceAll(/[.[\]*^$,\\]/g, String.raw`\$&`)

/** @throws StackrigError USAGE when it is none, or of another version. */
export async function readCapsule(file: string): Promise<Capsule> {
  const words = ['--extract', '--zstd', '--to-stdout', '--occurrence=1', '--file', file, capsuleNote]
  const { stdout, stderr, exitCode } = await execa('tar', words, { reject: false })
  try {
    return capsuleSchema.parse(JSON.parse(stdout))
  } catch (cause) {
    throw new StackrigError('USAGE', 'a capsule of this version must be given', {
      where: file,
      seen: exitCode === 0 ? `its ${capsuleNote} is not of its form` : stderr,
      cause,
    })
  }
}

/** Unpacks some parts into a folder that is there. @throws StackrigError HOST_DISK */
export async function unpack(file: string, folder: string, parts: readonly string[]): Promise<void> {
  const words = ['--extract', '--zstd', '--no-same-owner', '--file', file, '--directory', folder, ...parts]
  await tar(words, folder)
}

async function tar(words: string[], where: string): Promise<void> {
  try {
    await execa('tar', words)
  } catch (cause) {
    const full = /No space left/.test(messageOf(cause))
    throw new StackrigError('HOST_DISK', 'a capsule must be packed and unpacked', {
      ...{ where, seen: full ? 'no space left' : messageOf(cause), next: full ? moreRoom : undefined, cause },
    })
  }
}
