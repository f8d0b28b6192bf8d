import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { lastDurations } from './last-durations.js'
import { resultsJson } from './results-json.js'
import type { OutcomeState } from './run.js'

let root: string

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'durations-'))
})

afterEach(() => rm(root, { recursive: true }))

async function keep(name: string, file: string, duration: number, ...states: OutcomeState[]): Promise<void> {
  await mkdir(join(root, name))
  const outcomes = states.map((state) => ({
    kind: 'test' as const,
    project: 'vm',
    file,
    name: 'works',
    tags: [],
    state,
    duration,
    failures: [],
  }))
  const files = [{ project: 'vm', file, duration }]
  const run = { started: new Date(0), duration, interrupted: false, files, outcomes }
  await writeFile(join(root, name, 'results.json'), resultsJson(run, root))
}

test('the newest run that ran a file to its end counts', async () => {
  await keep('2026-11-27T10-00-00', 'a', 100, 'passed')
  await keep('2026-11-27T11-00-00', 'a', 200, 'passed', 'skipped')
  await keep('2026-11-27T12-00-00', 'a', 300, 'passed', 'not run')
  await keep('2026-11-27T13-00-00', 'a', 1, 'skipped')
  await keep('2026-11-27T09-00-00', 'b', 5, 'failed')
  await keep('unnamed', 'c', 5, 'passed')
  await mkdir(join(root, '2026-11-27T14-00-00'))
  await writeFile(join(root, '2026-11-27T14-00-00', 'results.json'), '{"testResults": [')
  expect(Object.fromEntries(await lastDurations(root))).toEqual({
    'vm: a': { duration: 200, partly: true },
    'vm: b': { duration: 5, partly: false },
  })
})

test('before the first run nothing is known', async () => {
  expect(await lastDurations(join(root, 'none'))).toEqual(new Map())
})
