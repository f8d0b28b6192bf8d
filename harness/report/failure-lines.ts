import { relative } from 'node:path'
import { styleText } from 'node:util'
import { humanDuration } from '../duration.js'
import { showControls, stripEscapes } from '../errors/index.js'
import { withTime } from '../timeline/index.js'
import { classOfOutcome, placeInSteps, type Outcome } from './run.js'

export interface SummaryOptions {
  /** Columns of the terminal. */
  width: number
  colour: boolean
  /** Folder that evidence is named from. */
  from: string
  /** File of the report, whose places are named as `reportIds` does; nothing when there is none. */
  report?: string | undefined
}

/** Where there is more of a failure. */
interface Ways {
  /** Its place in the report. */
  id: string
  /** The command that leads to where it failed; nothing when none does. */
  goThere: string | undefined
}

/** Lines of one part of a failure, and of all of it. */
const longestPart = 3
export const mostLines = 12

/** Columns that the names of the parts take. */
const margin = 15

/**
 * A failure in at most twelve lines: where, who has to act, and when; its first cause and what followed; what was wanted and
 * last seen; and where there is more of it. Nothing in it acts on a terminal.
 */
export function failureLines(outcome: Outcome, ways: Ways, options: SummaryOptions): string[] {
  const { width } = options
  const room = Math.max(20, width - margin)
  const linesOf = ({ name, texts }: Part): string[] => {
    const wrapped = texts.flatMap((text) => wrap(clean(text), room))
    const shown =
      wrapped.length > longestPart ? [...wrapped.slice(0, longestPart - 1), cut(wrapped, room)] : wrapped
    return shown.map((line, index) => `  ${(index === 0 ? name : '').padEnd(margin - 2)}${line}`)
  }
  const told = partsOf(outcome, room).flatMap(linesOf)
  const more = whereMore(outcome, ways, options).flatMap(linesOf)
  return [headLine(outcome, options), ...told.slice(0, mostLines - 1 - more.length), ...more]
}

/** What says that a part has more lines. */
const cut = (lines: readonly string[], room: number): string =>
  short(`${lines[longestPart - 1] ?? ''} …`, room)

function headLine(outcome: Outcome, { width, colour }: SummaryOptions): string {
  const words = [classOfOutcome(outcome), humanDuration(outcome.duration), placeInSteps(outcome)]
  const right = short(clean(words.filter(Boolean).join(', ')), Math.floor(width / 2))
  const room = width - right.length - 4
  const label = short(labelOf(outcome), Math.max(1, room))
  return `${paint('✗', 'red', colour)} ${label.padEnd(room)}  ${right}`
}

interface Part {
  name: string
  texts: string[]
}

function partsOf(outcome: Outcome, room: number): Part[] {
  const { story, failures } = outcome
  const [cause, ...others] = story?.findings ?? []
  const parts: Part[] = []
  const add = (name: string, ...texts: (string | undefined)[]): void => {
    const given = texts.filter((text) => text !== undefined && text !== '') as string[]
    if (given.length > 0) parts.push({ name, texts: given })
  }
  add('first cause', cause && withTime(cause), ...(cause?.proof.slice(0, 2) ?? []))
  const follows = cause?.explains.length ? cause.explains : others.map(({ what }) => what)
  add(
    cause?.explains.length ? 'so' : 'beside it',
    follows[0],
    follows.length > 1 ? `(${follows.length - 1} more)` : undefined,
  )
  const unseen = story?.unseen ?? []
  const further = unseen.length > 1 ? ` (${unseen.length - 1} more)` : ''
  add('not looked', unseen[0] && short(unseen[0], room - further.length) + further)
  const { wanted, seen } = story?.wanted === undefined ? toldBy(outcome) : story
  add('wanted', wanted)
  add('seen', seen)
  add('also', failures[1]?.message.split('\n', 1).join(''))
  return parts
}

function whereMore({ evidence }: Outcome, { id, goThere }: Ways, { from, report }: SummaryOptions): Part[] {
  const places = {
    'go there': goThere,
    evidence: evidence && relative(from, evidence),
    report: report && `${relative(from, report)}#${id}`,
  }
  return Object.entries(places).flatMap(([name, place]) => (place ? [{ name, texts: [place] }] : []))
}

/** What an error's own message wanted and saw (StackrigError), or all of its first line. */
function toldBy({ failures: [first] }: Outcome): { wanted: string; seen?: string } {
  const lines = (first?.message ?? 'no message').split('\n').filter((line) => line.trim() !== '')
  const code = first?.code === undefined ? '' : `${first.code} `
  const wanted = `${code}${lines[0] ?? 'no message'}`
  const at = lines.findIndex((line) => /^ {2}seen: /.test(line))
  if (at === -1) return { wanted }
  const after = lines.slice(at + 1).findIndex((line) => !line.startsWith('         '))
  const seen = lines.slice(at, after === -1 ? undefined : at + 1 + after)
  // Of many lines the last is what was seen last.
  return { wanted, seen: (seen.at(-1) ?? '').replace(/^ {2}seen: /, '').trim() }
}

type Place = Pick<Outcome, 'file' | 'name'>

export function labelOf(test: Place): string {
  const place = placeOf(test)
  return clean(place === '' ? test.name : `${place}: ${test.name}`)
}

export const placeOf = ({ file }: Pick<Outcome, 'file'>): string =>
  file.replace(/^scenarios\/|\.(scenario|vm\.test|test)\.ts$/g, '')

/** Whether there are colours is for the caller to say. */
export const paint = (text: string, colour: 'red' | 'green' | 'yellow', wanted: boolean): string =>
  wanted ? styleText(colour, text, { validateStream: false }) : text

/** Messages may hold what a node said: nothing of it may act on a terminal. */
export const clean = (text: string): string => showControls(stripEscapes(text)).replaceAll(/\p{Cc}/gu, ' ')

export const short = (text: string, room: number): string =>
  text.length > room ? `${text.slice(0, room - 1)}…` : text

/** At blanks, where there are some. */
function wrap(text: string, room: number): string[] {
  const lines: string[] = []
  let rest = text.trim()
  while (rest.length > room) {
    const blank = rest.lastIndexOf(' ', room)
    const end = blank > room / 2 ? blank : room
    lines.push(rest.slice(0, end).trimEnd())
    rest = rest.slice(end).trimStart()
    if (lines.length > longestPart) break
  }
  return rest === '' ? lines : [...lines, rest.slice(0, room)]
}
