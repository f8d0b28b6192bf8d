import { expect, test } from 'vitest'
import { Progress, type ProgressStream } from './progress.js'

/** Keeps what is written; `terminal` for a stream that says it is one. */
function stream(terminal: boolean): { shown: () => string; stream: ProgressStream } {
  let text = ''
  return {
    shown: () => text,
    stream: { isTTY: terminal, columns: 40, write: (written: unknown) => ((text += String(written)), true) },
  }
}

const linesOf = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.slice(14))
    .filter(Boolean)

test('what one snapshot says, the next one in the same command says again', () => {
  const { shown, stream: output } = stream(false)
  using progress = new Progress(output)
  for (const name of ['three-node', 'pocket']) {
    const say = progress.part(name)
    say('controller answers')
    say('the nodes are at rest')
  }
  expect(linesOf(shown())).toEqual([
    'three-node: controller answers',
    'three-node: the nodes are at rest',
    'pocket: controller answers',
    'pocket: the nodes are at rest',
  ])
})

test('things that take turns within one piece of work are shown once', () => {
  const { shown, stream: output } = stream(false)
  using progress = new Progress(output)
  for (const what of ['image a: packages', 'image b: packages', 'image a: packages']) progress.say(what)
  expect(linesOf(shown())).toEqual(['image a: packages', 'image b: packages'])
})

test('on a terminal the line changes, is no longer than it, and stays when something else follows', () => {
  const { shown, stream: output } = stream(true)
  {
    using progress = new Progress(output)
    progress.say('x'.repeat(100))
    progress.say('last')
  }
  const lines = shown().split('\n')
  expect(lines).toHaveLength(3)
  expect(lines[0]).toContain('x'.repeat(24))
  expect(lines[0]).not.toContain('x'.repeat(25))
  expect(lines[1]).toMatch(/last$/)
})
