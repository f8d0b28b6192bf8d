import { expect, test } from 'vitest'
import { writtenFault } from './fault-words.js'

test('a fault says how long it holds, or 30 s', () => {
  expect(writtenFault('cut:compute').lasts).toBe(30_000)
  expect(writtenFault('cut:compute/controller:1min').lasts).toBe(60_000)
  expect(writtenFault('delay:network:200ms').lasts).toBe(30_000)
  expect(writtenFault('loss:network/controller:5%:90s').lasts).toBe(90_000)
})

test('what is no fault is refused, with what there is', () => {
  for (const text of [
    '',
    'cut',
    'cut:',
    'cut:a:b',
    'cut:a:1s:2s',
    'delay:a',
    'delay:a:soon',
    'constructor:a',
    'cut:a:-1s',
  ])
    expect(() => writtenFault(text), text).toThrow(/written as WORD[\s\S]*words: cut, delay/)
})
