import { firstCause } from './first-cause.js'
import { passingRate, rateText, type Rate } from './rate.js'
import type { Results } from './results-json.js'

/** One of several runs of the same tests. */
export interface RepeatedRun {
  /** Which it is, from 1. */
  n: number
  results: Results
  /** Folder of its results. */
  folder: string
}

/** Failures of one test that have the same first cause. */
export interface FailureGroup {
  cause: string
  /** The runs, in order. */
  runs: { n: number; folder: string }[]
}

/** What became of a test in several runs. */
export interface RepeatedTest {
  project: string
  file: string
  test: string
  /** Of the runs that say something of it; undefined when none does. */
  rate?: Rate
  /** Runs that say nothing of it: the host or stackrig itself failed. */
  unclear: number
  /** The most frequent first. */
  groups: FailureGroup[]
}

/** What a run says: it passed, the product or a scenario failed, or nothing, for the host or stackrig itself failed. */
export function verdictOf({ exitStatus }: Pick<Results, 'exitStatus'>): 'clean' | 'failed' | 'unclear' {
  if (exitStatus === 0) return 'clean'
  return exitStatus === 1 ? 'failed' : 'unclear'
}

type Test = Results['tests'][number]

const isSame = (one: Test, other: Pick<RepeatedTest, 'project' | 'file' | 'test'>): boolean =>
  one.project === other.project && one.file === other.file && one.name === other.test

/** Each test of the runs, in the order in which they were first seen. One that was skipped everywhere is none. */
export function repeatedTests(runs: readonly RepeatedRun[]): RepeatedTest[] {
  const names = new Map<string, Pick<RepeatedTest, 'project' | 'file' | 'test'>>()
  for (const { results } of runs) {
    for (const { project, file, name: test, state } of results.tests) {
      if (state === 'skipped' || state === 'not run') continue
      names.set([project, file, test].join('\n'), { project, file, test })
    }
  }
  return [...names.values()].map((name) => ({ ...name, ...countRuns(name, runs) }))
}

function countRuns(
  name: Pick<RepeatedTest, 'project' | 'file' | 'test'>,
  runs: readonly RepeatedRun[],
): Pick<RepeatedTest, 'rate' | 'unclear' | 'groups'> {
  const groups = new Map<string, FailureGroup>()
  let [passed, failed, unclear] = [0, 0, 0]
  for (const { n, results, folder } of runs) {
    const test = results.tests.find((one) => isSame(one, name))
    // What is no test, as a file that does not load, is told of only where it went wrong.
    if (test?.state === 'passed') passed += 1
    if (test?.state !== 'failed' && test?.state !== 'known') continue
    if (test.class === 'host' || test.class === 'harness') unclear += 1
    else failed += 1
    const cause = firstCause(test)
    const group = groups.get(cause) ?? { cause, runs: [] }
    group.runs.push({ n, folder })
    groups.set(cause, group)
  }
  const rate = passingRate(passed, passed + failed)
  return {
    ...(rate && { rate }),
    unclear,
    groups: [...groups.values()].toSorted((a, b) => b.runs.length - a.runs.length),
  }
}

/** For a terminal: each test with its rate, and what it failed of. */
export function repeatedLines(tests: readonly RepeatedTest[]): string[] {
  return tests.flatMap(({ project, file, test, rate, unclear, groups }) => [
    `${project} ${file}: ${test}`,
    ...(rate ? [`  ${rateText(rate)}`] : []),
    ...(unclear > 0
      ? [`  ${times(unclear)} the host or stackrig itself failed, which says nothing of it`]
      : []),
    ...groups.flatMap(({ cause, runs }) => [
      `  ${times(runs.length)} ${cause}`,
      `      in ${runs.length === 1 ? 'run' : 'runs'} ${runs.map(({ n }) => n).join(', ')}; the first: ${runs[0]?.folder ?? ''}`,
    ]),
  ])
}

const times = (count: number): string => `${count} ${count === 1 ? 'time' : 'times'}`
