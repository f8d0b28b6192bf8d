import { expect, test } from 'vitest'
import { humanDuration, milliseconds, type Duration } from './duration.js'

test.each<[Duration, number]>([
  [1500, 1500],
  [0.5, 1],
  ['0.2ms', 1],
  ['250ms', 250],
  ['90s', 90_000],
  ['0.5s', 500],
  ['5min', 300_000],
  ['1.5min', 90_000],
])('%s is %d ms', (duration, ms) => {
  expect(milliseconds(duration)).toBe(ms)
})

test.each(['5', '5 min', '5m', '-1s', '1e3ms', 'soon', ''])('"%s" is no duration', (text) => {
  expect(() => milliseconds(text as Duration)).toThrow(RangeError)
})

test.each([NaN, -1, Infinity])('the number %d is none either', (number) => {
  expect(() => milliseconds(number)).toThrow(RangeError)
})

test.each([
  [0, '0.00 s'],
  [384, '0.38 s'],
  [42_000, '42 s'],
  [119_000, '119 s'],
  [120_000, '2 min 00 s'],
  [365_000, '6 min 05 s'],
  [12_000_000, '3 h 20 min'],
  [5 * 86_400_000, '5 days'],
])('%d ms are %s for people', (ms, text) => {
  expect(humanDuration(ms)).toBe(text)
})
