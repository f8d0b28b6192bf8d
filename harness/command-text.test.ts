import { expect, test } from 'vitest'
import { commandText } from './command-text.js'

const command = (strings: TemplateStringsArray, ...values: (string | number | readonly string[])[]): string =>
  commandText(strings, values)

test('a value is one word, whatever it holds', () => {
  expect(command`cat ${"it's; rm -rf $HOME"}`).toBe(String.raw`cat 'it'\''s; rm -rf $HOME'`)
  expect(command`echo ${''}`).toBe("echo ''")
})

test('plain values stay readable, an array is several words', () => {
  expect(command`ls ${['/etc/nova', 'a b']} ${7}`).toBe("ls /etc/nova 'a b' 7")
})

test('backslashes in the command itself reach the shell', () => {
  expect(command`printf 'a\n'`).toBe(String.raw`printf 'a\n'`)
})
