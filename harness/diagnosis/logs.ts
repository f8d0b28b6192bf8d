import { partsOf } from './facts/parts.js'
import type { Suspicion } from './finding.js'
import type { Needs } from './needs.js'

/** A line of a node's logs. */
export interface LogLine {
  node: string
  /** A file, or a unit. */
  from: string
  text: string
  /** ms since 1970 by the node's clock, when the line says it. */
  time?: number
}

/** The lines that `logScript` printed. */
export function logLinesOf(node: string, output: string): LogLine[] {
  return partsOf(output).parts.flatMap(({ name, lines }) => {
    let file = name
    return lines.flatMap((line): LogLine[] => {
      const header = /^==> (.*) <==$/.exec(line)?.[1]
      if (header !== undefined) {
        file = header
        return []
      }
      if (name === 'journal') {
        const [, seconds = '', unit = '', text = ''] =
          /^(\d+\.\d+) \S+ ([^:[]+)(?:\[\d+\])?: (.*)$/.exec(line) ?? []
        return text === '' ? [] : [{ node, from: unit, text, time: Number(seconds) * 1000 }]
      }
      const stamp = /^\[?(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(?:[.,](\d+))?/.exec(line)
      const time = stamp ? Date.parse(`${stamp[1]}T${stamp[2]}.${(stamp[3] ?? '0').slice(0, 3)}Z`) : undefined
      return [{ node, from: file, text: line, ...(time === undefined ? {} : { time }) }]
    })
  })
}

/** A line without what is different each time it is said: times, numbers, ids, addresses of memory. */
export function templateOf(text: string): string {
  return text
    .slice(0, 400)
    .replaceAll(/\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b/gi, '*')
    .replaceAll(/\breq-\S+/g, '*')
    .replaceAll(/0x[0-9a-f]+|\b[0-9a-f]{12,}\b/gi, '*')
    .replaceAll(/\d+/g, '*')
    .replaceAll(/'[^']{0,80}'|"[^"]{0,80}"/g, '*')
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/(\*[ .:,/-]*)+/g, '*')
    .trim()
}

/** Lines that were never said when all was well, the rare ones first; of each kind the first one. */
export function unheard(lines: readonly LogLine[], known: ReadonlySet<string>): LogLine[] {
  const counts = new Map<string, { line: LogLine; count: number }>()
  for (const line of lines) {
    const template = templateOf(line.text)
    if (known.has(template)) continue
    const entry = counts.get(template)
    if (entry) entry.count += 1
    else counts.set(template, { line, count: 1 })
  }
  return [...counts.values()]
    .sort((a, b) => a.count - b.count || (a.line.time ?? 0) - (b.line.time ?? 0))
    .map(({ line }) => line)
}

/** How much a line tells by itself. */
const loud =
  /\b(ERROR|CRITICAL|FATAL|PANIC|Traceback)\b|denied|refused|No space|Too many|read-only|I\/O error|out of memory|oom-kill|NoValidHost|No valid host/i

/** What services said that they never said before, one finding for each of those that said something loud. */
export function saidBy(
  lines: readonly LogLine[],
  needs: Needs,
  hostTime: (ms: number) => number,
): Suspicion[] {
  const bySource = new Map<string, LogLine[]>()
  for (const line of lines) {
    if (!loud.test(line.text)) continue
    const key = `${line.node} ${line.from}`
    bySource.set(key, [...(bySource.get(key) ?? []), line])
  }
  return [...bySource.values()].flatMap((said) => {
    const [first] = said
    if (!first) return []
    const name = first.from.replace(/^.*\//, '').replace(/\.log$/, '')
    const parts = [...new Set([...needs.partsOfService(name), ...partsOfLog(first.from, first.node, needs)])]
    const times = said.flatMap(({ time }) => (time === undefined ? [] : [time]))
    return [
      {
        tier: 'said',
        what: `${name} on ${first.node} says what it never said before: ${shortened(first.text)}`,
        where: first.node,
        ...(times.length > 0 ? { since: hostTime(Math.min(...times)) } : {}),
        proof: said.slice(0, 4).map(({ text }) => text.slice(0, 300)),
        breaks: parts.length > 0 ? parts.map((part) => `said ${part}@${first.node}`) : [`node ${first.node}`],
        words: [],
      } satisfies Suspicion,
    ]
  })
}

const partsOfLog = (file: string, node: string, needs: Needs): string[] =>
  file === 'kernel'
    ? []
    : needs
        .partsOn(node)
        .filter((part) => needs.parts[part]?.services.some((service) => file.includes(service)))

/** Without the time and the process that it begins with. */
const shortened = (text: string): string =>
  text
    .replace(/^\[?\d{4}-\d\d-\d\d[ T][\d:.,]+\s*(\d+\s+)?/, '')
    .replaceAll(/\[(None )?req-[^\]]*\]\s*/g, '')
    .slice(0, 200)
