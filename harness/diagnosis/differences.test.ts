import { expect, test } from 'vitest'
import { differencesOf } from './differences.js'
import type { Facts } from './facts/facts.js'
import { readFacts } from './facts/read.js'

const told = (...lines: string[]): Facts =>
  readFacts(`@part records of the databases\n${lines.join('\n')}\n\n@end\n`).facts

const before = told(
  'table\t\tasked nova',
  'table\tnova public.instances\towner admin',
  'table\t\tasked placement',
  'table\tplacement public.inventories\towner admin',
)

test('what is told no more is gone', () => {
  const now = told('table\t\tasked nova', 'table\t\tasked placement')
  expect(differencesOf('controller', before, now).map(({ subject }) => subject)).toEqual([
    'nova public.instances',
    'placement public.inventories',
  ])
})

test('of several that are asked for the same, one that is silent has lost nothing', () => {
  const now = told('table\t\tasked nova', 'table\tnova public.instances\towner somebody')
  expect(differencesOf('controller', before, now)).toEqual([
    {
      node: 'controller',
      kind: 'table',
      subject: 'nova public.instances',
      before: 'owner admin',
      now: 'owner somebody',
    },
  ])
  expect(differencesOf('controller', before, told('psql: error: the server is starting up'))).toEqual([])
})
