import { expect, test } from 'vitest'
import { changeTable, foundLines, showLines, tryLine } from './bisect-lines.js'
import type { Change } from './changes.js'

const curl: Change = {
  packages: [{ name: 'curl', from: '7.88-1', to: '7.88-2', images: ['compute', 'network'] }],
}
const kernel: Change = {
  packages: [
    { name: 'linux-image-56', from: '6.1.1', images: ['pocket'] },
    { name: 'linux-image-57', to: '6.1.2', images: ['pocket'] },
  ],
}
const nova = 'scenarios/nova.scenario.ts'

test('a row for each package', () => {
  expect(changeTable([curl, kernel])).toEqual([
    'package         good    bad     images',
    'curl            7.88-1  7.88-2  compute, network',
    'linux-image-56  6.1.1   -       pocket',
    'linux-image-57  -       6.1.2   pocket',
  ])
})

test('of very many, how many there are', () => {
  const many = changeTable(Array.from({ length: 100 }, () => curl))
  expect(many).toHaveLength(42)
  expect(many.at(-1)).toBe('and 60 more')
})

test('a line for a try says how many packages are of the bad lock', () => {
  expect(tryLine({ n: 1, taken: 0, all: 12, text: 'passed' })).toBe('try 1     0 of 12 (good)     passed')
  expect(tryLine({ n: 2, taken: 12, all: 12, text: 'failed' })).toBe('try 2    12 of 12 (bad)      failed')
  expect(tryLine({ n: 13, taken: 6, all: 12, text: 'passed' })).toBe('try 13    6 of 12            passed')
})

test('the verdict is the package', () => {
  expect(foundLines({ before: [kernel], culprits: [curl] }, nova)).toEqual([
    'found: curl 7.88-1 -> 7.88-2 breaks scenarios/nova.scenario.ts',
  ])
})

test('and two lines that show it, for a shell in any folder', () => {
  expect(showLines(nova, { passes: '/my results/p.lock', fails: '/f.lock' })).toEqual([
    'the last lock with which it passes, and the first with which it fails, differ in nothing else:',
    `  STACKRIG_EXACT='/my results/p.lock' npx stackrig test ${nova}`,
    '  STACKRIG_EXACT=/f.lock npx stackrig test scenarios/nova.scenario.ts',
  ])
})

test('or what took the place of what, or the group', () => {
  expect(foundLines({ before: [], culprits: [kernel] }, nova)).toEqual([
    'found: this breaks scenarios/nova.scenario.ts:',
    '  linux-image-56 6.1.1 (gone)',
    '  linux-image-57 6.1.2 (new)',
  ])
  const [first, ...rest] = foundLines({ before: [], culprits: [curl, kernel] }, nova)
  expect(first).toMatch(/one of these breaks .*depend on each other/)
  expect(rest).toHaveLength(3)
})
