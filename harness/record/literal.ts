import { showControls } from '../errors/index.js'

/** A text as TypeScript has it between quotes. Whatever a guest said, nothing in it acts on a terminal or ends the quotes. */
export function stringLiteral(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'"
  // By characters: of a pair both halves are one, and a half that is alone is none.
  return `${quote}${Array.from(text, (character) => escaped(character, quote)).join('')}${quote}`
}

/**
 * A command as the text between backquotes, which String.raw reads: there nothing can be escaped. Undefined for a text that
 * cannot stand there as it is.
 */
export function rawTemplateText(text: string): string | undefined {
  const isPlain = showControls(text) === text && !/[`\n\t\r]|\$\{|\\$/.test(text)
  return isPlain ? text : undefined
}

/** A text as a part of a regular expression. */
export function patternText(text: string): string {
  return Array.from(text, (character) => {
    if (/[\\^$.*+?()[\]{}|/]/.test(character)) return `\\${character}`
    return character === "'" ? character : escaped(character, "'")
  }).join('')
}

/** One line that may stand in a comment: it cannot end it. */
export function commentText(text: string): string {
  return showControls(text).replaceAll(/\s+/g, ' ').replaceAll('*/', '* /').trim()
}

const short: Readonly<Record<string, string>> = { '\n': String.raw`\n`, '\t': String.raw`\t`, '\\': '\\\\' }

function escaped(character: string, quote: string): string {
  const known = short[character]
  if (known !== undefined) return known
  if (character === quote) return `\\${character}`
  if (showControls(character) === character) return character
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
