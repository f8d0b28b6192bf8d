import type { FileHandle } from 'node:fs/promises'

/** Bytes of a console's log, above which its middle is dropped. */
export const largestLog = 64 * 1024 * 1024

/** Bytes that stay of its beginning, and of its end. */
const kept = 8 * 1024 * 1024

/**
 * Drops the middle of a console's log that has become larger than it may be. QEMU has no limit for it, and writes at its
 * end wherever that is (logappend=on, O_APPEND); what QEMU writes in this very moment may be lost.
 * @param limit bytes, more than 16 MiB
 * @returns the log's size, bytes
 */
export async function shortenLog(log: FileHandle, limit = largestLog): Promise<number> {
  const { size } = await log.stat()
  if (size <= limit) return size
  const end = Buffer.alloc(kept)
  const { bytesRead } = await log.read(end, 0, kept, size - kept)
  await log.truncate(kept)
  const said = Buffer.from(`\n[${size - kept - bytesRead} bytes of this console were left out here]\n`)
  await log.appendFile(Buffer.concat([said, end.subarray(0, bytesRead)]))
  return (await log.stat()).size
}
