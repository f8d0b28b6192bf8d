import { patternText, stringLiteral } from './literal.js'

/** What is another one each time: identifiers, times, numbers of processes, durations, addresses in memory, secrets that were taken out. */
const passing =
  /\*\*\*|[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}|\d{4}-\d\d-\d\d(?:[T ][\d:.]+(?:Z|[+-]\d\d:?\d\d)?)?|\b\d{1,2}:\d\d(?::\d\d(?:\.\d+)?)?\b|\b0x[0-9a-f]+\b|\b(?=[0-9a-f]*\d)[0-9a-f]{8,}\b|\b\d{5,}\b|(?<![\d.])\d+\.\d+(?![\d.])/gi

/** Lines and characters of an output that says what was seen, and not all there is. */
const mostLines = 3
const mostCharacters = 300

/**
 * How another run's output is compared with this one, as an argument of `toBe` or `toMatch`; undefined where nothing can be said.
 */
export function lastingText(output: string): { matcher: 'toBe' | 'toMatch'; argument: string } | undefined {
  const text = output.replace(/\n$/, '')
  if (text.trim() === '' || text.length > mostCharacters || text.split('\n').length > mostLines)
    return undefined
  const pieces = text.split(passing)
  if (pieces.length === 1) return { matcher: 'toBe', argument: stringLiteral(text) }
  if (pieces.every((piece) => !/\w/.test(piece))) return undefined
  // A pattern is one line of source: what would act on a terminal stands for any character.
  const inside = pieces
    .map((piece) => patternText(piece).replaceAll(/[^\x20-\x7e]/g, '.'))
    .join(String.raw`\S+`)
  return { matcher: 'toMatch', argument: `/^${inside}$/` }
}
