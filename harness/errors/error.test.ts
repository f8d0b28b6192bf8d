import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { projectFolder } from '../paths.js'
import { errorCodes } from './codes.js'
import { StackrigError } from './error.js'

const page = readFileSync(join(projectFolder, 'docs', 'reading-a-failure.md'), 'utf8')
const documented = [...page.matchAll(/^\| `([A-Z_]+)` \| ([a-z]+) \|/gm)].map(
  ([, code, group]) => `${code} ${group}`,
)

test('docs/reading-a-failure.md lists exactly the codes there are, each with its class', () => {
  const known = errorCodes.map((code) => `${code} ${new StackrigError(code, '').class}`)
  expect(documented.toSorted()).toEqual(known.toSorted())
})

test('the text says what was wanted, where, what was seen, and what to do next', () => {
  const error = new StackrigError('USAGE', 'one must be named', {
    where: 'here',
    seen: 'a\nb',
    next: 'do it',
  })
  expect(error.message.split('\n')).toEqual([
    'one must be named',
    '  where: here',
    '  seen:  a',
    '         b',
    '  next:  do it',
  ])
})
