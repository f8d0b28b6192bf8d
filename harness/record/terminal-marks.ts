/** What a terminal was sent: text for the person, or a mark of ours. */
export type Piece = { text: string } | { mark: string[] }

/** The number of our marks: an "operating system command" (ECMA-48, OSC) that no terminal has. */
export const markNumber = '7799'

/** A string of a terminal's that is longer than this is none. */
const longestString = 1024 * 1024

/** ECMA-48: OSC, DCS, SOS, PM, APC, as escape sequences and as single characters. */
const openers = /\x1b[\]PX^_]|[\x90\x98\x9d-\x9f]/

/**
 * Finds marks in what a terminal is sent, wherever it is cut. Marks know a word that nobody else does: what a guest said is none.
 * Strings that are addressed to the terminal itself (its title, its clipboard, its keys) are left out, whoever sent them.
 */
export class TerminalMarks {
  readonly #secret: string
  #rest = ''

  constructor(secret: string) {
    this.#secret = secret
  }

  add(data: string): Piece[] {
    const pieces: Piece[] = []
    this.#rest += data
    for (;;) {
      const begin = this.#rest.search(openers)
      if (begin === -1) {
        // An escape at the very end may become one of those.
        const whole = this.#rest.endsWith('\x1b') ? this.#rest.length - 1 : this.#rest.length
        this.#show(pieces, whole)
        return pieces
      }
      this.#show(pieces, begin)
      const body = this.#rest.startsWith('\x1b') ? 2 : 1
      const end = endOf(this.#rest, body)
      if (end === undefined) {
        if (this.#rest.length <= longestString) return pieces
        this.#rest = ''
        return pieces
      }
      const [number, secret, ...mark] = this.#rest.slice(body, end.at).split(';')
      if (end.closed && number === markNumber && secret === this.#secret) pieces.push({ mark })
      this.#rest = this.#rest.slice(end.next)
    }
  }

  #show(pieces: Piece[], length: number): void {
    if (length > 0) pieces.push({ text: this.#rest.slice(0, length) })
    this.#rest = this.#rest.slice(length)
  }
}

/**
 * Where a string ends: at BEL or ST; CAN, SUB, or the beginning of another escape sequence give it up. Undefined while more is to come.
 */
function endOf(text: string, from: number): { at: number; next: number; closed: boolean } | undefined {
  for (let at = from; at < text.length; at++) {
    const character = text[at]
    if (character === '\x07' || character === '\x9c') return { at, next: at + 1, closed: true }
    if (character === '\x18' || character === '\x1a') return { at, next: at + 1, closed: false }
    if (character !== '\x1b') continue
    const next = text[at + 1]
    if (next === undefined) return undefined
    return next === '\\' ? { at, next: at + 2, closed: true } : { at, next: at, closed: false }
  }
  return undefined
}
