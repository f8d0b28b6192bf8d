import { open } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { qcow2Header } from '../images/index.js'

/** What a qcow2 file begins with. */
const magic = 0x514649fb
/** Bytes of a cluster, and how many of them one table of the second level tells the places of. */
const cluster = 65_536
const clustersOfTable = cluster / 8
const headerLength = 104
/** Of the extension that names the format of the backing file. */
const formatExtension = 0xe2792aca

/**
 * Makes a qcow2 file that holds nothing yet, on another disk (QEMU, docs/interop/qcow2.txt, version 3). `qemu-img create` does the same,
 * and takes longer to start than a machine takes to load its state.
 * @param backing the other disk; a relative path is one from the file's own folder
 * @param size bytes
 */
export async function writeOverlay(
  file: string,
  { backing, format, size }: { backing: string; format: string; size: number },
): Promise<void> {
  const path = Buffer.from(backing)
  const tables = Math.ceil(size / (cluster * clustersOfTable))
  const clustersOfTables = Math.max(1, Math.ceil((tables * 8) / cluster))
  const formatLength = Math.ceil(format.length / 8) * 8
  const pathAt = headerLength + 8 + formatLength + 8
  // In this order, a cluster each: the header, the table of blocks of reference counts, the one block, the table of tables.
  const [countsTable, counts, firstTable] = [1, 2, 3].map((n) => n * cluster) as [number, number, number]
  const start = Buffer.alloc(3 * cluster)
  start.writeUInt32BE(magic, 0)
  start.writeUInt32BE(3, 4)
  start.writeBigUInt64BE(BigInt(pathAt), 8)
  start.writeUInt32BE(path.length, 16)
  start.writeUInt32BE(Math.log2(cluster), 20)
  start.writeBigUInt64BE(BigInt(size), 24)
  start.writeUInt32BE(tables, 36)
  start.writeBigUInt64BE(BigInt(firstTable), 40)
  start.writeBigUInt64BE(BigInt(countsTable), 48)
  start.writeUInt32BE(1, 56)
  // A reference count has 2 ** 4 bits.
  start.writeUInt32BE(4, 96)
  start.writeUInt32BE(headerLength, 100)
  start.writeUInt32BE(formatExtension, headerLength)
  start.writeUInt32BE(format.length, headerLength + 4)
  start.write(format, headerLength + 8, 'latin1')
  if (pathAt + path.length > cluster) throw new RangeError(`a path of ${path.length} bytes is too long`)
  path.copy(start, pathAt)
  start.writeBigUInt64BE(BigInt(counts), countsTable)
  for (let n = 0; n < 3 + clustersOfTables; n++) start.writeUInt16BE(1, counts + 2 * n)
  await using handle = await open(file, 'w', 0o600)
  await handle.writeFile(start)
  await handle.truncate(firstTable + clustersOfTables * cluster)
}

/** How large a disk is to its machine, bytes; a path is one from the folder of the file that stands on it. */
export async function sizeOfDisk(
  disk: string,
  { format, from }: { format: 'raw' | 'qcow2'; from: string },
): Promise<number> {
  await using handle = await open(resolve(dirname(from), disk), 'r')
  // A machine sees whole sectors.
  if (format === 'raw') return Math.ceil((await handle.stat()).size / 512) * 512
  const header = await qcow2Header(handle)
  if (!header) throw new TypeError(`${disk} is no qcow2 file`)
  return Number(header.readBigUInt64BE(24))
}
