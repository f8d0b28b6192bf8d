// A name server that answers late (RFC 1035), for nodes that have to ask for a name.
import { createSocket } from 'node:dgram'

/**
 * A name, what it stands for, and how late that is told, ms.
 * @typedef {{ name: string, address: string, by: number }} LateName
 */

/** The name in a question, and where the question ends. @param {Buffer} asked */
export function questionIn(asked) {
  const labels = []
  let at = 12
  for (let length = asked.readUInt8(at); length > 0; length = asked.readUInt8(at)) {
    labels.push(asked.toString('latin1', at + 1, at + 1 + length))
    at += length + 1
  }
  return { name: labels.join('.').toLowerCase(), type: asked.readUInt16BE(at + 1), end: at + 5 }
}

/**
 * The answer to a question: the address, or that there is none, of a name that is known or not.
 * @param {Buffer} asked @param {number} end @param {{ address?: string | undefined, known: boolean }} what
 */
export function answerTo(asked, end, { address, known }) {
  const head = Buffer.from(asked.subarray(0, end))
  // A response, recursion available; NXDOMAIN for names that there are not.
  head.writeUInt16BE(0x8180 | (known ? 0 : 3), 2)
  head.writeUInt16BE(address === undefined ? 0 : 1, 6)
  head.writeUInt32BE(0, 8)
  if (address === undefined) return head
  // A pointer to the name of the question, type A, class IN, no time to live, four bytes.
  const record = Buffer.from('c00c00010001000000000004', 'hex')
  return Buffer.concat([head, record, Buffer.from(address.split('.').map(Number))])
}

/** Listens from its first name on; what it does not know there is not. */
export class LateNames {
  /** @type {Map<string, LateName>} */
  #names = new Map()
  /** @type {Promise<void> | undefined} */
  #listening

  /** @param {string} host the address to listen on @param {LateName[]} names */
  async set(host, names) {
    this.#names = new Map(names.map((name) => [name.name.toLowerCase(), name]))
    if (names.length > 0) await (this.#listening ??= this.#listen(host))
  }

  /** @param {string} host @returns {Promise<void>} */
  #listen(host) {
    return new Promise((resolve, reject) => {
      const socket = createSocket('udp4', (asked, from) => {
        try {
          const { name, type, end } = questionIn(asked)
          const known = this.#names.get(name)
          const address = type === 1 ? known?.address : undefined
          const said = answerTo(asked, end, { address, known: known !== undefined })
          setTimeout(() => socket.send(said, from.port, from.address), known?.by ?? 0)
        } catch {
          // No question.
        }
      })
      socket.once('error', reject)
      socket.bind(53, host, resolve)
    })
  }
}
