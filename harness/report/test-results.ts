import { hostname } from 'node:os'
import type { Outcome, OutcomeState, Run } from './run.js'

/** One test in the words of OpenEmbedded. */
interface TestResult {
  status: 'PASSED' | 'FAILED' | 'SKIPPED' | 'ERROR'
  /** What went wrong. */
  log: string | null
  /** s */
  duration: number
}

/** Results of one kind of test, and what they are filed under. */
interface ResultSet {
  configuration: {
    TEST_TYPE: 'runtime'
    IMAGE_BASENAME: string
    MACHINE: string
    DISTRO: string
    HOST_NAME: string
    /** UTC, as `20261123015300`. */
    STARTTIME: string
    LAYERS: Record<string, never>
  }
  result: Record<string, TestResult>
}

/**
 * The run as `testresults.json`, which OpenEmbedded's `resulttool` reads, merges and compares between runs
 * (meta/lib/oeqa/core/runner.py; the keys are those that scripts/lib/resulttool/resultutils.py files `runtime` tests under).
 * Each of vitest's projects is an image there.
 */
export function testResultsJson(run: Run): string {
  const sets: Record<string, ResultSet> = {}
  for (const outcome of run.outcomes) {
    const configuration = configurationOf(run, `stackrig-${outcome.project}`)
    const id = `runtime_${configuration.IMAGE_BASENAME}_${configuration.MACHINE}_${configuration.STARTTIME}`
    const { result } = (sets[id] ??= { configuration, result: {} })
    // Two errors outside of any test have one name.
    result[freeId(testId(outcome), result)] = resultOf(outcome)
  }
  return `${JSON.stringify(sets, null, 4)}\n`
}

function configurationOf({ started }: Run, image: string): ResultSet['configuration'] {
  return {
    TEST_TYPE: 'runtime',
    IMAGE_BASENAME: image,
    MACHINE: 'qemux86-64',
    DISTRO: 'stackrig',
    HOST_NAME: hostname(),
    STARTTIME: started.toISOString().replaceAll(/[-:T]|\..*/g, ''),
    LAYERS: {},
  }
}

/** As OpenEmbedded's own are named: dots between file and test, and no spaces. */
function testId({ kind, file, name }: Outcome): string {
  const path = file.replace(/\.(scenario|vm\.test|test)\.ts$/, '').replaceAll('/', '.')
  const test = kind === 'file' ? 'load' : name.replaceAll(/[^A-Za-z0-9]+/g, '_').replaceAll(/^_|_$/g, '')
  return path === '' ? test : `${path}.${test}`
}

function freeId(id: string, taken: object): string {
  if (!(id in taken)) return id
  for (let number = 2; ; number += 1) if (!(`${id}_${number}` in taken)) return `${id}_${number}`
}

const statuses: Record<OutcomeState, TestResult['status']> = {
  passed: 'PASSED',
  failed: 'FAILED',
  // OpenEmbedded has no word for it: a failure that is expected says nothing new.
  known: 'SKIPPED',
  skipped: 'SKIPPED',
  'not run': 'SKIPPED',
}

function resultOf({ kind, state, failures, duration }: Outcome): TestResult {
  const status = kind !== 'test' && state === 'failed' ? 'ERROR' : statuses[state]
  const log = failures.length === 0 ? null : failures.map(({ message }) => message).join('\n')
  return { status, log, duration: duration / 1000 }
}
