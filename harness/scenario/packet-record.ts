import { open, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { endPackets, packetsEnding, type Cluster } from '../cluster/index.js'
import {
  frameEnds,
  mac,
  pcapOf,
  PcapReader,
  type FrameEnds,
  type PacketPair,
  type PcapRecord,
} from '../timeline/index.js'

/** ms */
const interval = 1000
/** Bytes of a node's packets: those of a flood tell no more than its beginning. */
const longestFile = 32 * 1024 * 1024
/** Pairs that one entry names: the busiest. */
const mostPairs = 20
/** Bytes read at a time. */
const piece = 1024 * 1024
/** Bytes that virtio's header before each frame may have: QEMU 7.2's filter-dump writes it, though it is no part of the frame. */
const headers = [0, 12, 10]

interface NodeFile {
  path: string
  mac: string
  reader: PcapReader
  position: number
  header: number
  full: boolean
}

/**
 * Counts the packets of a cluster in its timeline, each second by pair and port, as its nodes' QEMUs write them down; keeps the
 * files of a scenario that failed.
 */
export class PacketRecord {
  readonly #cluster: Cluster
  readonly #files = new Map<string, NodeFile>()
  readonly #timer: NodeJS.Timeout
  #reading: Promise<void> = Promise.resolve()
  /** How far the clocks of these files are behind the host's, ms: they began with the snapshot's. */
  #behind = Infinity

  constructor(cluster: Cluster) {
    this.#cluster = cluster
    this.#timer = setInterval(() => {
      this.#reading = this.#reading.then(() => this.#look())
    }, interval).unref()
  }

  /** Ends it: the files are kept as every reader of packets takes them, or removed. */
  async settle({ keep }: { keep: boolean }): Promise<void> {
    clearInterval(this.#timer)
    await Promise.all(this.#cluster.nodes.map(({ machine }) => endPackets(machine)))
    await this.#reading
    await this.#look()
    for (const file of this.#files.values()) {
      if (keep) await this.#rewrite(file)
      else await rm(file.path, { force: true })
    }
  }

  async #look(): Promise<void> {
    await this.#find().catch(() => undefined)
    const counts = new Map<string, PacketPair>()
    for (const file of this.#files.values()) {
      if (file.full) continue
      const records = await readOn(file).catch(() => [])
      const last = records.at(-1)
      if (last) this.#behind = Math.min(this.#behind, Date.now() - last.t)
      for (const record of records) this.#count(file, record, counts)
      if (file.position > longestFile) await this.#giveUp(file)
    }
    this.#tell([...counts.values()])
  }

  async #find(): Promise<void> {
    const { logFolder, nodes } = this.#cluster
    for (const name of await readdir(logFolder)) {
      if (!name.endsWith(packetsEnding) || this.#files.has(name)) continue
      const node = nodes.find(
        (one) => name === `${one.name}${packetsEnding}` || name.startsWith(`${one.name}.`),
      )
      if (!node) continue
      const path = join(logFolder, name)
      const begun = { position: 0, header: 0, full: false }
      this.#files.set(name, { path, mac: node.plan.mac, reader: new PcapReader(), ...begun })
    }
  }

  /** A frame from one node to another is in two files: it counts where it began. */
  #count(file: NodeFile, record: PcapRecord, counts: Map<string, PacketPair>): void {
    const frame = frameOf(file, record.bytes)
    const ends = frameEnds(frame)
    if (!ends) return
    const sender = mac(frame, 6)
    const isNode = this.#cluster.nodes.some(({ plan }) => plan.mac === sender)
    if (isNode ? sender !== file.mac : mac(frame, 0) !== file.mac) return
    const key = keyOf(ends)
    const pair = counts.get(key) ?? { ...ends, packets: 0, bytes: 0 }
    counts.set(key, pair)
    pair.packets += 1
    pair.bytes += record.length - file.header
  }

  #tell(pairs: PacketPair[]): void {
    if (pairs.length === 0) return
    const sorted = pairs.toSorted((a, b) => b.packets - a.packets)
    const [first] = sorted
    const all = pairs.reduce((sum, { packets }) => sum + packets, 0)
    const most = first ? `, most ${first.from} > ${first.to} ${first.protocol} ${first.port ?? ''}` : ''
    this.#cluster.timeline.add({
      ...{ lane: 'network', kind: 'packets', text: `${all} packets${most}`.trimEnd() },
      data: {
        pairs: sorted.slice(0, mostPairs),
        ...(sorted.length > mostPairs && { leftOut: sorted.length - mostPairs }),
      },
    })
  }

  async #giveUp(file: NodeFile): Promise<void> {
    file.full = true
    const node = this.#cluster.nodes.find(({ plan }) => plan.mac === file.mac)
    if (node) await endPackets(node.machine)
    const text = `the packets of ${node?.name ?? 'a node'} take ${longestFile} bytes: no more are written down`
    this.#cluster.timeline.add({ lane: 'network', kind: 'note', text })
  }

  /** Without the headers before the frames, and by the host's clock. */
  async #rewrite(file: NodeFile): Promise<void> {
    const whole = { ...file, reader: new PcapReader(), position: 0 }
    const behind = Number.isFinite(this.#behind) ? this.#behind : 0
    const records = (await readOn(whole).catch(() => [])).map(({ t, length, bytes }) => {
      const frame = frameOf(whole, bytes)
      return { t: t + behind, length: length - (bytes.length - frame.length), bytes: frame }
    })
    await writeFile(`${file.path}.new`, pcapOf(records), { mode: 0o600 })
    await rename(`${file.path}.new`, file.path)
  }
}

/** What a file has more than when it was last read. */
async function readOn(file: NodeFile): Promise<PcapRecord[]> {
  await using handle = await open(file.path)
  const records: PcapRecord[] = []
  for (;;) {
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(piece), 0, piece, file.position)
    if (bytesRead === 0) return records
    file.position += bytesRead
    records.push(...file.reader.add(buffer.subarray(0, bytesRead)))
  }
}

/** The frame behind what QEMU may have put before it: there, the node's own address stands where one belongs. */
function frameOf(file: NodeFile, bytes: Buffer): Buffer {
  const isOwn = (header: number): boolean =>
    mac(bytes, header) === file.mac || mac(bytes, header + 6) === file.mac
  file.header = [file.header, ...headers].find(isOwn) ?? file.header
  return bytes.subarray(file.header)
}

const keyOf = ({ from, to, protocol, port }: FrameEnds): string => `${from} ${to} ${protocol} ${port ?? ''}`
