// What the wire looks at in an Ethernet frame (IEEE 802.3), and in the headers that follow.

/** @param {Buffer} frame */
export const sourceOf = (frame) => frame.toString('hex', 6, 12)

/**
 * The two ports of a TCP segment or a UDP datagram (RFC 791, RFC 8200, RFC 9293, RFC 768); none of anything else, and of a
 * fragment that is not the first, which has none.
 * @param {Buffer} frame @returns {readonly number[]}
 */
export function portsOf(frame) {
  const tagged = frame.length > 18 && frame.readUInt16BE(12) === 0x8100
  const network = tagged ? 18 : 14
  if (frame.length < network + 20) return []
  const type = frame.readUInt16BE(network - 2)
  if (type === 0x0800) return ipv4Ports(frame, network)
  return type === 0x86dd ? portsAt(frame, network + 40, frame.readUInt8(network + 6)) : []
}

/** @param {Buffer} frame @param {number} network */
function ipv4Ports(frame, network) {
  const isLaterFragment = (frame.readUInt16BE(network + 6) & 0x1fff) !== 0
  if (isLaterFragment) return []
  return portsAt(frame, network + (frame.readUInt8(network) & 15) * 4, frame.readUInt8(network + 9))
}

/** @param {Buffer} frame @param {number} transport @param {number} protocol */
function portsAt(frame, transport, protocol) {
  if ((protocol !== 6 && protocol !== 17) || frame.length < transport + 4) return []
  return [frame.readUInt16BE(transport), frame.readUInt16BE(transport + 2)]
}
