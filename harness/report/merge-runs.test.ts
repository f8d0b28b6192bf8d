import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { mergeRuns } from './merge-runs.js'
import { parseResults, resultsJson } from './results-json.js'
import { runOfResults } from './run-of-results.js'
import { madeUpRun } from './testing/made-up-run.js'

const folder = mkdtempSync(join(tmpdir(), 'stackrig-merge-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('a run is the same when it is read out of its results', async () => {
  const results = parseResults(resultsJson(await madeUpRun(folder), folder))
  if (!results) throw new Error('no results')
  const again = parseResults(resultsJson(runOfResults(results, folder), folder))
  expect(again).toEqual(results)
})

test('several runs become one: later runs of the same tests have their number, and where they lie', async () => {
  const results = parseResults(resultsJson(await madeUpRun(folder), folder))
  if (!results) throw new Error('no results')
  const later = { ...results, started: new Date(Date.parse(results.started) + 60_000).toISOString() }
  const merged = mergeRuns(
    [
      { results, folder: '/runs/a', n: 1 },
      { results: later, folder: '/runs/b', n: 2 },
    ],
    { interrupted: false },
  )
  expect(merged.outcomes).toHaveLength(2 * results.tests.length)
  expect(merged.files).toHaveLength(results.files.length)
  expect(merged.duration).toBe(60_000 + results.duration)
  const names = merged.outcomes.map(({ name }) => name)
  expect(names.filter((name) => name.endsWith(' (run 2)'))).toHaveLength(results.tests.length)
  expect(new Set(merged.outcomes.map(({ runFolder }) => runFolder))).toEqual(new Set(['a', 'b']))
})
