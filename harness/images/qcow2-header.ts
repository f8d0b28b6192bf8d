import type { FileHandle } from 'node:fs/promises'

/** What a qcow2 disk begins with (QEMU's docs/interop/qcow2.txt); undefined for what is no qcow2. */
export async function qcow2Header(handle: FileHandle): Promise<Buffer | undefined> {
  const header = Buffer.alloc(80)
  const { bytesRead } = await handle.read(header, 0, header.length, 0)
  return bytesRead < 72 || header.toString('latin1', 0, 4) !== 'QFI\xfb' ? undefined : header
}
