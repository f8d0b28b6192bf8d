import { expect, test } from 'vitest'
import { processorTime } from '../testing/processor-time.js'
import { lastLines, plainText } from './plain-text.js'

test('escape sequences of colours, the cursor, titles and links are left out', () => {
  expect(plainText('\x1b[1;31mred\x1b[0m \x1b[6nprompt# \x1b]0;title\x07on\r\n')).toBe('red prompt# on\n')
  expect(lastLines('one\r\ntwo\r\n\x1b[32mthree\x1b[0m\r\n\r\n', 2)).toBe('two\nthree')
})

test.each([';#', ';a', '\x1b', '\x1b[', '\x9b;#', '1;', '#', '\x1b];#'])(
  'time grows with the length: an escape, and %j again and again',
  async (unit) => {
    const time = (length: number): Promise<number> => {
      const text = '\x1b' + unit.repeat(length / unit.length)
      return processorTime(() => plainText(text))
    }
    await time(32_768)
    expect((await time(131_072)) / Math.max(await time(32_768), 0.5)).toBeLessThan(10)
  },
)
