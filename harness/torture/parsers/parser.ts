import type { Chance } from '../random.js'

/** One kind of file that stackrig reads and somebody else wrote. */
export interface Parser {
  name: string
  valid: readonly string[]
  /** What the format gives a meaning to, and what its readers have stumbled over. */
  words: readonly string[]
  /** Makes another text of a valid one; default: in one or two places of its lines. */
  change?: (text: string, words: readonly string[], chance: Chance) => string
  parse(text: string): unknown
  /** Whether it is a file of that format at all, whatever it says. */
  passesFirstCheck(text: string): boolean
}

/** What readers of texts have stumbled over, whatever the format. */
export const words = [
  '',
  '0',
  '-1',
  '1e999',
  '9'.repeat(400),
  'x'.repeat(9000),
  '\0',
  '../../..',
  'ÿ\ud800',
  '\u2028',
  '__proto__',
]
