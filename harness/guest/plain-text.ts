import { stripVTControlCharacters } from 'node:util'

/**
 * Longer than any sequence that a terminal obeys, but for titles and links. Node 20's pattern takes time that grows with the
 * square of what follows an escape character (`\x1b` and then `;#;#;#...`).
 */
const longestSequence = 128

/** Text without escape sequences (ECMA-48) and carriage returns; the time it takes grows with its length only. */
export function plainText(text: string): string {
  return text
    .split(/(?=[\x1b\x9b])/)
    .map((piece) => stripVTControlCharacters(piece.slice(0, longestSequence)) + piece.slice(longestSequence))
    .join('')
    .replaceAll('\r', '')
}

/** The last lines of a console, without escape sequences. */
export function lastLines(text: string, count: number): string {
  return plainText(text).trimEnd().split('\n').slice(-count).join('\n')
}
