import { expect, test } from 'vitest'
import { announcement } from './announce.js'
import type { ChosenFile } from './select-tests.js'

const chosen = (file: string, slow = false, project = 'scenarios'): ChosenFile => ({ project, file, slow })

const last = new Map([
  ['scenarios: a', { duration: 250_000, partly: false }],
  ['scenarios: b', { duration: 60_000, partly: true }],
])

test('each of a few files is named, with what it took last time', () => {
  const files = [chosen('a'), chosen('b', true), chosen('c', true), chosen('a', false, 'all-in-one')]
  expect(announcement(files, last)).toEqual([
    '  a  4 min 10 s last time',
    '  b  slow tests, too; 60 s last time without those left out then',
    '  c  slow tests, too; not run before',
    '  a on all-in-one  not run before',
  ])
})

test('many are summed up, project by project', () => {
  const many = Array.from({ length: 20 }, (_, number) => chosen(`u${number}`, false, 'unit'))
  expect(announcement([...many, chosen('a'), chosen('b'), chosen('c')], last)).toEqual([
    '  unit: 20 files, not run before',
    '  scenarios: 3 files, 5 min 10 s of work last time, 1 not run before',
  ])
})
