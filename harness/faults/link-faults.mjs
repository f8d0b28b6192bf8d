// What happens to the frames of a link while faults hold on it. Without clocks and sockets: wire.mjs has those.
import { chances } from './chance.mjs'
import { portsOf } from './frame.mjs'

/**
 * What a fault does to each frame. Times in ms, rates in bytes a second, shares from 0 to 1.
 * @typedef {{ kind: 'cut' }
 *   | { kind: 'delay', by: number, jitter: number }
 *   | { kind: 'loss' | 'duplicate' | 'corrupt', share: number }
 *   | { kind: 'reorder', share: number, by: number }
 *   | { kind: 'bandwidth', rate: number }} Effect
 *
 * One fault, as the wire is told of it: on the frames from one node to another, of every pair.
 * @typedef {{ id: number, pairs: [from: string, to: string][], port?: number, seed: number, effect: Effect }} LinkFault
 *
 * A frame as it will arrive, and when.
 * @typedef {{ frame: Buffer, due: number }} Arrival
 */

/** How long a frame may wait for its turn on a link that is slow, ms: later ones are lost, as in the full queue of a router. */
const longestQueue = 1000

/** A fault that holds, with what it remembers of the frames before. */
class Holding {
  /** @param {LinkFault} fault */
  constructor(fault) {
    this.fault = fault
    this.touched = 0
    this.random = chances(fault.seed)
    this.pairs = new Set(fault.pairs.map(([from, to]) => `${from} ${to}`))
    /** @type {Map<string, number>} when the last frame of a pair arrives, or has been sent */
    this.last = new Map()
  }

  /** @param {string} pair @param {Buffer} frame */
  concerns(pair, frame) {
    const { port } = this.fault
    return this.pairs.has(pair) && (port === undefined || portsOf(frame).includes(port))
  }

  /** @param {string} pair @param {Arrival} arrival @returns {Arrival[]} */
  apply(pair, arrival) {
    const { effect } = this.fault
    switch (effect.kind) {
      case 'cut':
        return this.#touch([])
      case 'loss':
        return this.random() < effect.share ? this.#touch([]) : [arrival]
      case 'duplicate':
        return this.random() < effect.share ? this.#touch([arrival, arrival]) : [arrival]
      case 'corrupt':
        return this.random() < effect.share ? this.#touch([this.#withWrongBit(arrival)]) : [arrival]
      case 'reorder':
        return this.random() < effect.share
          ? this.#touch([{ ...arrival, due: arrival.due + effect.by }])
          : [arrival]
      case 'delay':
        return this.#touch([this.#delayed(pair, arrival, effect)])
      case 'bandwidth':
        return this.#queued(pair, arrival, effect.rate)
    }
  }

  /** @param {Arrival[]} arrivals */
  #touch(arrivals) {
    this.touched++
    return arrivals
  }

  /** In order: to change it is a fault of its own. @param {string} pair @param {Arrival} arrival @param {{ by: number, jitter: number }} effect */
  #delayed(pair, { frame, due }, { by, jitter }) {
    const wanted = due + Math.max(0, by + (2 * this.random() - 1) * jitter)
    const later = Math.max(wanted, this.last.get(pair) ?? 0)
    this.last.set(pair, later)
    return { frame, due: later }
  }

  /** @param {string} pair @param {Arrival} arrival @param {number} rate */
  #queued(pair, { frame, due }, rate) {
    const begins = Math.max(due, this.last.get(pair) ?? 0)
    if (begins - due > longestQueue) return this.#touch([])
    const sent = begins + (frame.length * 1000) / rate
    this.last.set(pair, sent)
    return this.#touch([{ frame, due: sent }])
  }

  /** Behind the addresses: a frame that goes to somebody else would only be lost. @param {Arrival} arrival */
  #withWrongBit({ frame, due }) {
    const wrong = Buffer.from(frame)
    const at = 14 + Math.floor(this.random() * (frame.length - 14))
    wrong.writeUInt8(wrong.readUInt8(at) ^ (1 << Math.floor(this.random() * 8)), at)
    return { frame: wrong, due }
  }
}

/** All faults on the links of a cluster. */
export class LinkFaults {
  /** @type {Map<number, Holding>} */
  #holding = new Map()

  /** Those that hold from now on; one that held before goes on where it was. @param {LinkFault[]} faults */
  set(faults) {
    const before = this.#holding
    this.#holding = new Map(faults.map((fault) => [fault.id, before.get(fault.id) ?? new Holding(fault)]))
  }

  /** How many frames each fault has touched so far, by its id. @returns {Record<string, number>} */
  get touched() {
    return Object.fromEntries([...this.#holding].map(([id, { touched }]) => [String(id), touched]))
  }

  /**
   * What arrives at a node of a frame that another one sent, in the order of the faults' beginnings: nothing, the frame, or
   * several; `due` is `now` or later.
   * @param {string} from @param {string} to @param {Buffer} frame @param {number} now ms @returns {Arrival[]}
   */
  arrivals(from, to, frame, now) {
    const pair = `${from} ${to}`
    /** @type {Arrival[]} */
    let arrivals = [{ frame, due: now }]
    for (const holding of this.#holding.values()) {
      if (!holding.concerns(pair, frame)) continue
      arrivals = arrivals.flatMap((arrival) => holding.apply(pair, arrival))
    }
    return arrivals
  }
}
