import { execa } from 'execa'
import { messageOf, StackrigError } from '../errors/index.js'
import { moreRoom } from '../qemu/index.js'
import { withPrivateFiles } from '../sandbox/index.js'

/** Compresses a file into a new one, quickly (zstd(1)). @throws StackrigError HOST_DISK */
export const compressFile = (from: string, to: string): Promise<void> => zstd(['-1', from, '-o', to], to)

/** @throws StackrigError HOST_DISK */
export const decompressFile = (from: string, to: string): Promise<void> => zstd(['-d', from, '-o', to], to)

async function zstd(words: string[], where: string): Promise<void> {
  try {
    await withPrivateFiles(() => execa('zstd', ['-q', '--no-progress', ...words]))
  } catch (cause) {
    if (!/No space left/.test(messageOf(cause))) throw cause
    throw new StackrigError('HOST_DISK', 'a moment must find room on this machine', {
      ...{ where, seen: 'no space left', next: moreRoom, cause },
    })
  }
}
