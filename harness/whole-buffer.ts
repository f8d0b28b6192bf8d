import type { FileHandle } from 'node:fs/promises'

/** Fills a buffer from a place in a file; false when the file ends before. */
export async function readWhole(handle: FileHandle, data: Uint8Array, at: number): Promise<boolean> {
  for (let done = 0; done < data.length;) {
    const { bytesRead } = await handle.read(data, done, data.length - done, at + done)
    if (bytesRead === 0) return false
    done += bytesRead
  }
  return true
}

/** Writes all of a buffer to a place in a file: the kernel may take a part only. */
export async function writeWhole(handle: FileHandle, data: Uint8Array, at: number): Promise<void> {
  for (let done = 0; done < data.length;) {
    const { bytesWritten } = await handle.write(data, done, data.length - done, at + done)
    done += bytesWritten
  }
}
