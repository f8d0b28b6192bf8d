import { expect, test } from 'vitest'
import { withoutEnd } from './without-end.js'

test('what a text ends with is taken off, and nothing else', () => {
  expect(withoutEnd('a\n\nb\n\n', '\n')).toBe('a\n\nb')
  expect(withoutEnd('/', '/')).toBe('')
  expect(withoutEnd('', '/')).toBe('')
})
