/** Between whom an Ethernet frame goes, as far as its headers say. */
export interface FrameEnds {
  from: string
  to: string
  protocol: string
  /** The lower one of the two: as a rule the server's. */
  port?: number
}

const ipProtocols: Record<number, string> = { 1: 'icmp', 6: 'tcp', 17: 'udp', 47: 'gre', 58: 'icmpv6' }

/** IEEE 802.3, RFC 791, RFC 826, RFC 8200; nothing of what is too short to say. */
export function frameEnds(frame: Buffer): FrameEnds | undefined {
  if (frame.length < 14) return undefined
  let at = 12
  // IEEE 802.1Q
  while (frame.readUInt16BE(at) === 0x8100 && frame.length >= at + 6) at += 4
  const type = frame.readUInt16BE(at)
  const packet = frame.subarray(at + 2)
  const macs = { from: mac(frame, 6), to: mac(frame, 0) }
  if (type === 0x0800 && packet.length >= 20) return ofIpv4(packet)
  if (type === 0x86dd && packet.length >= 40) return ofIpv6(packet)
  if (type === 0x0806) return { ...macs, protocol: 'arp' }
  return { ...macs, protocol: `0x${type.toString(16).padStart(4, '0')}` }
}

/** `52:54:00:a8:07:02` */
export const mac = (frame: Buffer, at: number): string =>
  (frame.toString('hex', at, at + 6).match(/../g) ?? []).join(':')

function ofIpv4(packet: Buffer): FrameEnds {
  const address = (at: number): string => packet.subarray(at, at + 4).join('.')
  // Of a packet in parts, the first alone has ports.
  const isFirst = (packet.readUInt16BE(6) & 0x1fff) === 0
  const inside = isFirst ? packet.subarray(((packet[0] ?? 0) % 16) << 2) : Buffer.alloc(0)
  return { from: address(12), to: address(16), ...transport(packet[9] ?? 0, inside) }
}

function ofIpv6(packet: Buffer): FrameEnds {
  const address = (at: number): string =>
    Array.from({ length: 8 }, (_, n) => packet.readUInt16BE(at + 2 * n).toString(16)).join(':')
  return { from: address(8), to: address(24), ...transport(packet[6] ?? 0, packet.subarray(40)) }
}

function transport(number: number, packet: Buffer): Pick<FrameEnds, 'protocol' | 'port'> {
  const protocol = ipProtocols[number] ?? `ip ${number}`
  const hasPorts = (number === 6 || number === 17) && packet.length >= 4
  return hasPorts
    ? { protocol, port: Math.min(packet.readUInt16BE(0), packet.readUInt16BE(2)) }
    : { protocol }
}
