import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { transformSync } from 'esbuild'
import { bugFile, bugText } from './bug.js'

test('a bug is called by its id and its title', () => {
  expect(bugFile({ id: '1996995', title: 'VM is inaccessible after live migration!' })).toBe(
    'scenarios/bugs/1996995-vm-is-inaccessible-after-live-migration.scenario.ts',
  )
  expect(bugFile({ id: 'OSSA-2023.1' })).toBe('scenarios/bugs/ossa-2023.1.scenario.ts')
})

test.each(['', '../x', 'a b', '-x', "x'y"])('the id %j is refused', (id) => {
  expect(() => bugFile({ id })).toThrow(expect.objectContaining({ code: 'USAGE' }))
})

test.each(['ftp://x', "https://x/'", 'javascript:alert(1)', 'https://x y'])(
  'the address %j is refused',
  (url) => {
    expect(() => bugFile({ id: '1', url })).toThrow(expect.objectContaining({ code: 'USAGE' }))
  },
)

test.each(["it's wrong", 'a "quoted" word', 'ends a comment */ here', 'back\\slash ${x} `y`', 'two\nlines'])(
  'whatever the title is, the scenario compiles, and has it as its name: %j',
  (title) => {
    const text = bugText({ id: '1', title, url: 'https://bugs.example.org/1' })
    const { code } = transformSync(text, { loader: 'ts', format: 'esm' })
    const [, name = ''] = /\ntest\((.*), async/.exec(code) ?? []
    expect(runInNewContext(name)).toBe(title.replaceAll(/\s+/g, ' '))
    expect(text).toContain(' * https://bugs.example.org/1\n')
  },
)
