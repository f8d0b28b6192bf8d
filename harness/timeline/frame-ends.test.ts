import { expect, test } from 'vitest'
import { frameEnds } from './frame-ends.js'

const ethernet = (type: string, rest: string): Buffer =>
  Buffer.from(`525400a80702525400a80703${type}${rest}`, 'hex')

test.each([
  // 192.168.7.3:40000 -> 192.168.7.2:5672, TCP
  ['0800', '450000280000400040060000c0a80703c0a807029c401628', '192.168.7.3', '192.168.7.2', 'tcp', 5672],
  // With four bytes of options
  ['0800', '4600002800004000401100000a0000010a0000020000000000430044', '10.0.0.1', '10.0.0.2', 'udp', 67],
  // The second part of a packet
  [
    '0800',
    '450000280000000140110000c0a80703c0a8070200430044',
    '192.168.7.3',
    '192.168.7.2',
    'udp',
    undefined,
  ],
  [
    '81000001',
    '0800450000280000400040010000c0a80703c0a807020800',
    '192.168.7.3',
    '192.168.7.2',
    'icmp',
    undefined,
  ],
  ['0806', '0001', '52:54:00:a8:07:03', '52:54:00:a8:07:02', 'arp', undefined],
  ['88cc', '', '52:54:00:a8:07:03', '52:54:00:a8:07:02', '0x88cc', undefined],
  [
    ...['86dd', `6000000000141140${'fe80'.padEnd(31, '0')}1${'ff02'.padEnd(31, '0')}202220223`],
    ...['fe80:0:0:0:0:0:0:1', 'ff02:0:0:0:0:0:0:2', 'udp', 546],
  ],
] as const)('a frame of type %s', (type, rest, from, to, protocol, port) => {
  expect(frameEnds(ethernet(type, rest))).toEqual({ from, to, protocol, ...(port !== undefined && { port }) })
})

test('no beginning of a frame is too short', () => {
  const frame = ethernet('0800', '450000280000400040060000c0a80703c0a807029c401628')
  for (let length = 0; length <= frame.length; length++) frameEnds(frame.subarray(0, length))
  const tagged = ethernet('8100', '000181000001')
  for (let length = 0; length <= tagged.length; length++) frameEnds(tagged.subarray(0, length))
  expect(frameEnds(frame.subarray(0, 13))).toBeUndefined()
})
