import { nodeLane, type NewEntry } from '../timeline/index.js'
import { WholeLines } from '../whole-lines.js'

/** Bytes of a line that has no end yet: of a longer one the beginning is told. */
const longestLine = 64 * 1024
/** ms that the time in a line may differ from that of its arrival: guests' clocks can be anywhere. */
const oldest = 15 * 60_000
const newest = 10_000

/** Host's time of a time of the guest's, both ms since 1970. */
export type HostTime = (guestTime: number) => number

/** Makes entries of what journalctl(1) says with `--output=json`. */
export class JournalLines {
  /** Of the last entry: where to go on. */
  cursor: string | undefined
  readonly #lines = new WholeLines(longestLine)
  readonly #node: string
  readonly #hostTime: HostTime

  constructor(node: string, hostTime: HostTime) {
    this.#node = node
    this.#hostTime = hostTime
  }

  add(piece: Buffer): NewEntry[] {
    return this.#lines.add(piece).flatMap((line) => this.#entry(line))
  }

  #entry(line: string): NewEntry[] {
    const fields = parse(line)
    if (fields === undefined) return []
    const { __CURSOR: cursor, __REALTIME_TIMESTAMP: time, PRIORITY: priority } = fields
    if (typeof cursor === 'string') this.cursor = cursor
    const unit = textOf(fields['_SYSTEMD_UNIT']) ?? textOf(fields['SYSLOG_IDENTIFIER']) ?? 'kernel'
    return (textOf(fields['MESSAGE']) ?? '').split('\n').map((text) => ({
      ...{ t: this.#hostTime(Number(time) / 1000), lane: nodeLane(this.#node), kind: 'log', text },
      data: {
        ...{ node: this.#node, unit: unit.replace(/\.service$/, '') },
        ...(typeof priority === 'string' && { priority: Number(priority) }),
      },
    }))
  }
}

function parse(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

/** What is no UTF-8 comes as a list of bytes (journalctl(1), JSON). */
function textOf(field: unknown): string | undefined {
  if (typeof field === 'string') return field
  return Array.isArray(field) ? Buffer.from(field as number[]).toString() : undefined
}

/** Makes entries of what tail(1) says of several files: a line with its name stands before those of each. */
export class FileLines {
  readonly #lines = new WholeLines(longestLine)
  readonly #node: string
  readonly #hostTime: HostTime
  #file = ''

  constructor(node: string, hostTime: HostTime) {
    this.#node = node
    this.#hostTime = hostTime
  }

  add(piece: Buffer): NewEntry[] {
    return this.#lines.add(piece).flatMap((text) => {
      const [, file] = /^==> (\/\S+) <==$/.exec(text) ?? []
      if (file !== undefined) this.#file = file
      if (file !== undefined || text === '') return []
      const data = { node: this.#node, file: this.#file }
      return [{ t: this.#timeOf(text), lane: nodeLane(this.#node), kind: 'log', text, data } as const]
    })
  }

  /** As oslo.log and most others begin a line; in UTC, as the images are. Otherwise the time of its arrival. */
  #timeOf(text: string): number {
    const now = Date.now()
    const [, date, time] = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d(?:[.,]\d{1,6})?)/.exec(text) ?? []
    if (date === undefined || time === undefined) return now
    const told = this.#hostTime(Date.parse(`${date}T${time.replace(',', '.')}Z`))
    return told > now - oldest && told < now + newest ? told : now
  }
}
