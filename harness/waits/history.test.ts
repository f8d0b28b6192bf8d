import { expect, test } from 'vitest'
import { History } from './history.js'

const texts = (history: History): string[] =>
  history
    .toString()
    .split('\n')
    .map((line) => line.replace(/^(after|from) .*? s( to .*? s)?: /, ''))

test('each thing stands there once, where it was last seen', () => {
  const history = new History()
  for (const text of ['a', 'b', 'a', 'c', 'c']) history.add(text)
  expect(texts(history)).toEqual(['b', 'a', 'c'])
})

test('the first five and the last ten are kept', () => {
  const history = new History()
  for (let n = 1; n <= 100; n++) history.add(`text ${n}`)
  const kept = texts(history)
  expect(kept.slice(0, 6)).toEqual(['text 1', 'text 2', 'text 3', 'text 4', 'text 5', '(85 more)'])
  expect(kept.slice(6)).toEqual(Array.from({ length: 10 }, (_, index) => `text ${index + 91}`))
})

test('a text of several lines is one thing', () => {
  const history = new History()
  history.add('one\ntwo\n')
  expect(history.toString()).toBe('after 0.00 s: one\n  two')
  expect(new History().toString()).toBe('nothing yet')
})
