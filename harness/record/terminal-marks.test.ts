import { execFileSync, spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { argumentsOf, bashFile, typedIn } from './bash-file.js'
import { TerminalMarks, type Piece } from './terminal-marks.js'

const secret = 'abc123'

/** What is found when it comes in pieces of that many characters. */
function found(text: string, length = text.length): Piece[] {
  const marks = new TerminalMarks(secret)
  const all: Piece[] = []
  for (let at = 0; at < text.length; at += length) all.push(...marks.add(text.slice(at, at + length)))
  return all.reduce<Piece[]>((pieces, piece) => {
    const last = pieces.at(-1)
    if (last && 'text' in last && 'text' in piece)
      pieces[pieces.length - 1] = { text: last.text + piece.text }
    else pieces.push(piece)
    return pieces
  }, [])
}

test('marks are found wherever they are cut, and nothing of them is shown', () => {
  const text = `before\x1b[1mbold\x1b]7799;${secret};end;0;YQ==\x07after\x1b]7799;${secret};begin\x1b\\.`
  for (let length = 1; length <= text.length; length++) {
    expect(found(text, length), `in pieces of ${length}`).toEqual([
      { text: 'before\x1b[1mbold' },
      { mark: ['end', '0', 'YQ=='] },
      { text: 'after' },
      { mark: ['begin'] },
      { text: '.' },
    ])
  }
})

test('who does not know the secret makes no mark; the clipboard, titles and keys of a terminal are left alone', () => {
  const forged = '\x1b]7799;begin\x07\x1b]7799;other;end;0;x\x07'
  expect(found(`a${forged}\x1b]0;title\x07\x1b]52;c;AAAA\x1b\\\x1bPkeys\x1b\\\x9d0;x\x9cb`)).toEqual([
    { text: 'ab' },
  ])
})

test('a string that never ends swallows no mark', () => {
  const mark = `\x1b]7799;${secret};begin\x07`
  expect(found(`a\x1b]0;never ends${mark}b`)).toEqual([{ text: 'a' }, { mark: ['begin'] }, { text: 'b' }])
  expect(found(`a\x1bPnever\x18${mark}`)).toEqual([{ text: 'a' }, { mark: ['begin'] }])
  expect(found(`\x1b]${'x'.repeat(2_000_000)}`, 100_000)).toContainEqual({
    text: expect.any(String) as string,
  })
})

test('bash takes the file, and has the words', () => {
  const text = bashFile(secret, "/tmp/it's here")
  expect(spawnSync('bash', ['-n'], { input: text, encoding: 'utf8' })).toMatchObject({
    status: 0,
    stderr: '',
  })
})

test('what was typed is read as it was typed', () => {
  expect(typedIn('   12  echo  two  \n')).toBe('echo  two  ')
  expect(typedIn('  345* for i in 1 2\ndo echo $i\ndone\n')).toBe('for i in 1 2\ndo echo $i\ndone')
  expect(argumentsOf(Buffer.from('\0').toString('base64'))).toEqual([])
  expect(argumentsOf(Buffer.from('one\0two words\0').toString('base64'))).toEqual(['one', 'two words'])
  expect(execFileSync('bash', ['-c', 'true'])).toHaveLength(0)
})
