/** One frame of a file of packets (draft-ietf-opsawg-pcap, "PCAP Capture File Format"). */
export interface PcapRecord {
  /** ms since 1970, by the clock of the writer */
  t: number
  /** Bytes that the frame had. */
  length: number
  /** As much of it as was kept. */
  bytes: Buffer
}

const headerLength = 24
const recordLength = 16
/** No frame is longer: what says so is no file of packets. */
const longestRecord = 1024 * 1024

/** Reads a file of packets piece by piece, in the byte order of this machine and with microseconds, as QEMU writes it. */
export class PcapReader {
  #rest = Buffer.alloc(0)
  #began = false
  #broken = false

  add(piece: Buffer): PcapRecord[] {
    if (this.#broken) return []
    let rest = Buffer.concat([this.#rest, piece])
    if (!this.#began && rest.length >= headerLength) {
      this.#broken = rest.readUInt32LE() !== 0xa1b2c3d4
      this.#began = true
      rest = rest.subarray(headerLength)
    }
    const records: PcapRecord[] = []
    while (this.#began && !this.#broken && rest.length >= recordLength) {
      const kept = rest.readUInt32LE(8)
      this.#broken = kept > longestRecord
      if (this.#broken || rest.length < recordLength + kept) break
      records.push({
        t: rest.readUInt32LE() * 1000 + rest.readUInt32LE(4) / 1000,
        length: rest.readUInt32LE(12),
        bytes: rest.subarray(recordLength, recordLength + kept),
      })
      rest = rest.subarray(recordLength + kept)
    }
    this.#rest = this.#broken ? Buffer.alloc(0) : Buffer.from(rest)
    return records
  }
}

/** The file that holds records of Ethernet frames. */
export function pcapOf(records: Iterable<PcapRecord>): Buffer {
  const header = Buffer.alloc(headerLength)
  header.writeUInt32LE(0xa1b2c3d4)
  header.writeUInt16LE(2, 4)
  header.writeUInt16LE(4, 6)
  header.writeUInt32LE(65_536, 16)
  header.writeUInt32LE(1, 20)
  const parts: Buffer[] = [header]
  for (const { t, length, bytes } of records) {
    const head = Buffer.alloc(recordLength)
    head.writeUInt32LE(Math.floor(t / 1000))
    head.writeUInt32LE(Math.floor((t % 1000) * 1000), 4)
    head.writeUInt32LE(bytes.length, 8)
    head.writeUInt32LE(length, 12)
    parts.push(head, bytes)
  }
  return Buffer.concat(parts)
}
