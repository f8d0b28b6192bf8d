import { inspect, toUSVString } from 'node:util'
import { describe, expect, test } from 'vitest'
import { processorTime } from '../testing/processor-time.js'
import { messageOf, StackrigError } from './error.js'
import { forPeople, lineForPeople, longestMessage, showControls, stripEscapes } from './text.js'

/** Writes the clipboard of the person whose terminal shows it (xterm's control sequences, OSC 52). */
const clipboard = '\x1b]52;c;cm0gLXJmIC8=\x07'

describe('controls', () => {
  test('are visible, but for tabs and ends of lines', () => {
    expect(showControls(`a\tb\nc ${clipboard}`)).toBe('a\tb\nc \\x1b]52;c;cm0gLXJmIC8=\\x07')
    expect(showControls('one\r\ntwo\rthree \x9b2J \u202egnp.exe')).toBe(
      'one\ntwo\\rthree'.replace('\\r', '\\x0d') + ' \\x9b2J \\u202egnp.exe',
    )
  })

  test('what no text may have is replaced', () => {
    expect(showControls('a\ud800b\uffff')).toBe('a\ufffdb\\uffff')
  })

  test('stand in no error, whichever way they came into it', () => {
    const cause = Object.assign(new Error(`spawn ${clipboard}`, { cause: clipboard }), {
      stderr: clipboard,
      code: clipboard,
    })
    const error = new StackrigError('INTERNAL', clipboard, {
      where: clipboard,
      seen: `last ${clipboard}`,
      next: clipboard,
      cause,
    })
    expect(inspect(error, { depth: 10 })).not.toMatch(/[\x00-\x08\x0b-\x1f]/)
    expect(error.cause).toMatchObject({ message: 'spawn \\x1b]52;c;cm0gLXJmIC8=\\x07' })
    expect(messageOf(clipboard)).toBe('\\x1b]52;c;cm0gLXJmIC8=\\x07')
  })

  test("a terminal's sequences can be left out", () => {
    expect(stripEscapes(`\x1b[1;31mred\x1b[0m${clipboard}, \x1b(Bplain\x1b[2K\x1b7\x1b]0;title\x1b\\.`)).toBe(
      'red, plain.',
    )
  })

  test('nor the end of a line in what must be one', () => {
    expect(lineForPeople(`one\ntwo\t${clipboard}\n`)).toBe('one\\ntwo\\t\\x1b]52;c;cm0gLXJmIC8=\\x07')
  })
})

describe('length', () => {
  test('a line has 500 characters', () => {
    const [first = '', second] = forPeople(`${'x'.repeat(1000)}\nnext`).split('\n')
    expect(first).toBe(`${'x'.repeat(499)}…`)
    expect(second).toBe('next')
    // No half of a pair is left at the cut.
    const cut = forPeople(`${'x'.repeat(498)}${'😀'.repeat(9)}`)
    expect(cut).toBe(toUSVString(cut))
  })

  test('of a long message beginning and end are kept, and what is missing is said', () => {
    const lines = Array.from({ length: 100_000 }, (_, index) => `line ${index}`)
    const shown = forPeople(lines.join('\n'))
    expect(Buffer.byteLength(shown)).toBeLessThanOrEqual(longestMessage)
    expect(shown.startsWith('line 0\nline 1\n')).toBe(true)
    expect(shown.endsWith('\nline 99998\nline 99999')).toBe(true)
    const [, missing] = /\n… (\d+) characters left out …\n/.exec(shown) ?? []
    const kept = shown.replace(/\n….*…\n/, '').length
    expect(Number(missing) + kept).toBe(lines.join('\n').length)
  })

  test('bytes count, not characters', () => {
    expect(Buffer.byteLength(forPeople('€\n'.repeat(10_000)))).toBeLessThanOrEqual(longestMessage)
    expect(Buffer.byteLength(forPeople(`${'\x1b'.repeat(120)}\n`.repeat(200)))).toBeLessThanOrEqual(
      longestMessage,
    )
  })

  test('what is done already stays as it is', () => {
    for (const text of ['x'.repeat(90_000), `${'y'.repeat(300)}\n`.repeat(500), clipboard, '\ud800\r\n']) {
      expect(forPeople(forPeople(text))).toBe(forPeople(text))
    }
  })

  test('advice stands at the end of an error, however much was seen', () => {
    const { message } = new StackrigError('HOST_DISK', 'there must be room', {
      seen: 'z\n'.repeat(50_000),
      next: 'free some',
    })
    expect(message.startsWith('there must be room\n  seen:  z\n')).toBe(true)
    expect(message.endsWith('\n  next:  free some')).toBe(true)
    expect(Buffer.byteLength(message)).toBeLessThanOrEqual(longestMessage)
  })

  test('twice the length takes twice the time, whatever stands there', async () => {
    const took = (text = ''): Promise<number> => processorTime(() => stripEscapes(text))
    for (const unit of ['#;', '[', ';a', '1;', ']', '\\', '\x1b', '\x1b[1', '\x1b]x']) {
      const [small, large] = [2 ** 16, 2 ** 17].map((size) => `\x1b${unit.repeat(size / unit.length)}\n`)
      expect(await took(large), unit).toBeLessThan(2.5 * (await took(small)) + 5)
    }
  })

  test('a hundred times the length does not take longer', async () => {
    const took = (text: string): Promise<number> => processorTime(() => forPeople(text))
    const [small, large] = ['\x1b'.repeat(300_000), '\x1b'.repeat(30_000_000)]
    expect(await took(large)).toBeLessThan(5 * (await took(small)) + 1)
  })
})
