import { showControls } from '../errors/index.js'

/** Takes secrets out of a text. */
export type Mask = (text: string) => string

/** Characters of one text in an entry's data. */
export const longestText = 8 * 1024
/** Members of one list or object, and how deep they may lie. */
const mostMembers = 500
const deepest = 6
/** Characters beside a cut that are dropped with it: half a secret is not recognised. */
const beside = 256
/** Of a word, a token as a rule, as much is dropped. */
const longestWord = 4096

/**
 * A text of at most so many characters, without secrets, its controls visible: of a longer one the beginning and the end, and
 * between them how much is missing.
 */
export function boundedText(text: string, mask: Mask, limit = longestText): string {
  const looked = 2 * limit + beside
  if (text.length <= 2 * looked) {
    const whole = showControls(mask(text))
    if (whole.length <= limit) return whole
    return joined(whole.slice(0, limit / 2), whole.slice(-limit / 2), whole.length)
  }
  // Where it is cut before it is masked, a secret may have been cut, too.
  const head = showControls(mask(text.slice(0, looked))).slice(0, -beside)
  const tail = showControls(mask(text.slice(-looked))).slice(beside)
  return joined(
    head.slice(0, lastBlank(head)).slice(0, limit / 2),
    tail.slice(firstBlank(tail)).slice(-limit / 2),
    text.length,
  )
}

/** A word that may have been cut has no end, or no beginning, that can be recognised. */
const lastBlank = (text: string): number =>
  Math.max(text.lastIndexOf(' '), text.lastIndexOf('\n'), text.length - longestWord, 0)

function firstBlank(text: string): number {
  const blanks = [text.indexOf(' '), text.indexOf('\n')].filter((at) => at !== -1)
  return Math.min(...blanks, longestWord, text.length)
}

const joined = (head: string, tail: string, length: number): string =>
  `${head}\n… ${length - head.length - tail.length} characters left out …\n${tail}`

/** The same of every text in a value of JSON's kinds; what has too many members, or lies too deep, says so. */
export function boundedValue(value: unknown, mask: Mask, depth = 0): unknown {
  if (typeof value === 'string') return boundedText(value, mask)
  if (typeof value === 'bigint') return value.toString()
  if (typeof value !== 'object' || value === null) return value
  if (depth >= deepest) return '… lies too deep …'
  if (Array.isArray(value)) {
    const kept = value.slice(0, mostMembers).map((one) => boundedValue(one, mask, depth + 1))
    return value.length > mostMembers ? [...kept, `… ${value.length - mostMembers} left out …`] : kept
  }
  const members = Object.entries(value)
  const kept = members
    .slice(0, mostMembers)
    .map(([name, one]) => [boundedText(name, mask, 200), boundedValue(one, mask, depth + 1)])
  if (members.length > mostMembers) kept.push(['…', `${members.length - mostMembers} left out`])
  return Object.fromEntries(kept) as unknown
}
