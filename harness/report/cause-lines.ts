import { lineForPeople, stripEscapes } from '../errors/index.js'
import { withTime, type Finding } from '../timeline/index.js'

interface CauseOptions {
  /** Columns of the terminal. */
  width: number
  /** Lines of proof, and findings that follow, at most. */
  most: number
}

const label = 13

/** The first cause with its proof, and what follows from it, as `first cause  compute cannot reach …`. None without findings. */
export function causeLines(findings: readonly Finding[], { width, most }: CauseOptions): string[] {
  const [first] = findings
  if (!first) return []
  return [
    ...labelled('first cause', [withTime(first), ...first.proof.slice(0, most)], width),
    ...labelled('so', first.explains.slice(0, most), width),
    ...(first.mends === undefined ? [] : labelled('mends it', [first.mends], width)),
  ]
}

/** All of it, for whoever asks why. */
export function everyFinding(findings: readonly Finding[], width: number): string[] {
  const [first, ...others] = findings
  if (!first) return []
  const told = new Set(first.explains)
  const rest = others.filter(({ what }) => !told.has(what))
  const also = rest
    .slice(0, 10)
    .flatMap(({ what, proof }) => ['', ...labelled('also', [what, ...proof.slice(0, 3)], width)])
  const left = rest.length > 10 ? ['', `and ${rest.length - 10} more`] : []
  return [...causeLines(findings, { width, most: 8 }), ...also, ...left]
}

function labelled(name: string, texts: readonly string[], width: number): string[] {
  const room = Math.max(20, width - label)
  const lines = texts.flatMap((text) => wrapped(clean(text), room))
  return lines.map((line, index) => `${(index === 0 ? name : '').padEnd(label)}${line}`)
}

/** At spaces where it can; of a text that takes more than four lines the rest is left out. */
function wrapped(text: string, room: number): string[] {
  const lines: string[] = []
  let rest = text
  while (rest.length > room && lines.length < 3) {
    const space = rest.lastIndexOf(' ', room)
    const at = space > room / 2 ? space : room
    lines.push(rest.slice(0, at))
    rest = rest.slice(at).trimStart()
  }
  return [...lines, rest.length > room ? `${rest.slice(0, room - 1)}…` : rest]
}

const clean = (text: string): string => lineForPeople(stripEscapes(text))
