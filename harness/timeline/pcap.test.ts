import { expect, test } from 'vitest'
import { pcapOf, PcapReader, type PcapRecord } from './pcap.js'

const records: PcapRecord[] = [
  { t: 1_795_950_588_813.25, length: 60, bytes: Buffer.alloc(14, 1) },
  { t: 1_795_950_589_000, length: 5, bytes: Buffer.alloc(5, 2) },
]

test('what was written is read again, in pieces of any size, and what is torn waits for its rest', () => {
  const file = pcapOf(records)
  for (const size of [1, 7, 30, file.length]) {
    const reader = new PcapReader()
    const read: PcapRecord[] = []
    for (let at = 0; at < file.length; at += size) read.push(...reader.add(file.subarray(at, at + size)))
    expect(read).toEqual(records)
  }
  expect(new PcapReader().add(file.subarray(0, -1))).toEqual(records.slice(0, 1))
})

test('what is no such file has no records', () => {
  expect(new PcapReader().add(Buffer.alloc(1000, 0xff))).toEqual([])
  const long = pcapOf(records)
  long.writeUInt32LE(0xffff_ffff, 24 + 8)
  expect(new PcapReader().add(long)).toEqual([])
})
