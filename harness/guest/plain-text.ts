import { stripEscapes } from '../errors/index.js'

/** Text without escape sequences (ECMA-48) and carriage returns; the time it takes grows with its length only. */
export const plainText = (text: string): string => stripEscapes(text).replaceAll('\r', '')

/** The last lines of a console, without escape sequences. */
export function lastLines(text: string, count: number): string {
  return plainText(text).trimEnd().split('\n').slice(-count).join('\n')
}
