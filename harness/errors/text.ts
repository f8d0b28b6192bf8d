import { toUSVString } from 'node:util'

/** Characters of one line, and bytes (UTF-8) of one message, that a person is shown. */
export const longestLine = 500
export const longestMessage = 16 * 1024

/** What a line that was cut ends with. */
const cutMark = '…'

/**
 * What acts on a terminal instead of standing there: controls (C0, DEL, C1), which escape sequences begin with; marks that
 * turn the direction of what follows, or take no room; characters that end a line for some programs; what no XML document may
 * have. A tab and the end of a line do no harm.
 */
const unseen =
  /[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff]/g

/** The text with every control visible, `\x1b` and the like; of the ends of lines, CR LF becomes LF. */
export function showControls(text: string): string {
  return toUSVString(text).replaceAll('\r\n', '\n').replace(unseen, visible)
}

/**
 * Escape sequences of a terminal (ECMA-48: CSI, OSC and their like, and those of two characters): colours of a console, of vitest.
 * `util.stripVTControlCharacters` takes 16 s for 64 KB of `\x1b#;#;#;` (Node 20): nothing a guest said may get there.
 */
const escapeSequence =
  /\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)|[ -/]+[0-~]|[0-OQ-WYZ\\`-~])/g

/** The text without a terminal's escape sequences; a control that is none of them stays. */
export function stripEscapes(text: string): string {
  return text.replace(escapeSequence, '')
}

function visible(character: string): string {
  const code = character.charCodeAt(0)
  return code < 0x100
    ? `\\x${code.toString(16).padStart(2, '0')}`
    : `\\u${code.toString(16).padStart(4, '0')}`
}

/**
 * A text that may be shown to a person, wherever it came from: controls are visible, a line has at most 500 characters, the
 * whole at most 16 KB. Of what is longer the beginning and the end are kept, and between them stands how much is missing. Doing
 * it again changes nothing. Of a very long text only beginning and end are looked at.
 */
export function forPeople(text: string): string {
  const part = 2 * longestMessage
  const whole = text.length <= 2 * part ? shownLines(text) : undefined
  if (whole !== undefined && Buffer.byteLength(whole) <= longestMessage) return whole
  const first = (whole ?? shownLines(text.slice(0, part))).split('\n')
  const last = (whole ?? shownLines(text.slice(-part))).split('\n').reverse()
  const head = fitting(first).join('\n')
  const tail = fitting(last).reverse().join('\n')
  const missing = (whole ?? text).length - head.length - tail.length
  return `${head}\n… ${missing} characters left out …\n${tail}`
}

/** The same for one line: the ends of lines in it are visible, too. */
export function lineForPeople(text: string): string {
  const line = text.slice(0, 2 * longestLine).trimEnd()
  return cutLine(showControls(line).replaceAll('\n', '\\n').replaceAll('\t', '\\t'))
}

function shownLines(text: string): string {
  return showControls(text).split('\n').map(cutLine).join('\n')
}

function cutLine(line: string): string {
  if (line.length <= longestLine) return line
  return toUSVString(line.slice(0, longestLine - cutMark.length)) + cutMark
}

/** The first of the lines, as many as may be half of a message. */
function fitting(lines: string[]): string[] {
  // There is a line between the halves.
  let room = longestMessage / 2 - 50
  const end = lines.findIndex((line) => (room -= Buffer.byteLength(line) + 1) < 0)
  return end === -1 ? lines : lines.slice(0, end)
}
