import { expect, test } from 'vitest'
import { chooseFiles } from './choose-files.js'

const files = [
  'scenarios/first.scenario.ts',
  'scenarios/first-boot.scenario.ts',
  'scenarios/nova.scenario.ts',
  'scenarios/bugs/nova-loses-a-node.scenario.ts',
  'harness/openstack/nova.test.ts',
  'harness/report/junit.test.ts',
  'harness/cli/usage.vm.test.ts',
]

test.each([
  { words: [], chosen: files },
  { words: ['scenarios/first'], chosen: ['scenarios/first.scenario.ts'] },
  { words: ['./scenarios/first'], chosen: ['scenarios/first.scenario.ts'] },
  { words: ['/project/scenarios/first'], chosen: ['scenarios/first.scenario.ts'] },
  { words: ['scenarios/first.scenario.ts'], chosen: ['scenarios/first.scenario.ts'] },
  { words: ['first.scenario.ts'], chosen: ['scenarios/first.scenario.ts'] },
  { words: ['scenarios/fir'], chosen: ['scenarios/first.scenario.ts', 'scenarios/first-boot.scenario.ts'] },
  { words: ['First'], chosen: ['scenarios/first.scenario.ts'] },
  { words: ['nova'], chosen: ['scenarios/nova.scenario.ts', 'harness/openstack/nova.test.ts'] },
  { words: ['bugs/'], chosen: ['scenarios/bugs/nova-loses-a-node.scenario.ts'] },
  { words: ['harness/report'], chosen: ['harness/report/junit.test.ts'] },
  {
    words: ['usage', 'first-b'],
    chosen: ['scenarios/first-boot.scenario.ts', 'harness/cli/usage.vm.test.ts'],
  },
])('$words means $chosen', ({ words, chosen }) => {
  expect(chooseFiles(words, files, '/project')).toEqual(chosen)
})

test('a word that no file has is said, also beside one that fits', () => {
  expect(() => chooseFiles(['nova', 'neutrn'], files, '/project')).toThrow(/none of 7 files has "neutrn"/)
})
