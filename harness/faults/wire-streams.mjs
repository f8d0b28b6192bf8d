// How frames come to the wire and leave it: as streams of QEMU's `-netdev stream`, each frame behind its length in four
// bytes (QEMU, net/stream.c). Streams are flow-controlled: none is lost between the wire and the taps.

/** Where the wire is asked. */
export const wireSocket = 'wire.sock'
/** The stream from a node's tap. @param {string} node */
export const nearSocket = (node) => `${node}.near`
/** The stream from the bridge. @param {string} node */
export const farSocket = (node) => `${node}.far`

/** Longer than any frame: who says more does not speak this language. */
const longestFrame = 256 * 1024

/**
 * Calls for every frame, which is valid during the call only; reads no more while what was read cannot be sent on.
 * @param {import('node:net').Socket} stream @param {(frame: Buffer) => void} each
 * @param {() => import('node:net').Socket | undefined} onward
 */
export function onFrames(stream, each, onward) {
  let rest = Buffer.alloc(0)
  stream.on('data', (/** @type {Buffer} */ data) => {
    const read = rest.length > 0 ? Buffer.concat([rest, data]) : data
    const target = onward()
    target?.cork()
    let at = 0
    while (read.length - at >= 4) {
      const length = read.readUInt32BE(at)
      if (length > longestFrame) {
        stream.destroy()
        break
      }
      if (read.length - at - 4 < length) break
      if (length >= 14) each(read.subarray(at + 4, at + 4 + length))
      at += 4 + length
    }
    target?.uncork()
    rest = Buffer.from(read.subarray(at))
    if (target?.writableNeedDrain) {
      stream.pause()
      target.once('drain', () => stream.resume())
    }
  })
}

/** @param {import('node:net').Socket} stream @param {Buffer} frame */
export function sendFrame(stream, frame) {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(frame.length)
  stream.cork()
  stream.write(length)
  stream.write(frame)
  stream.uncork()
}
