import type { Results } from '../../report/index.js'

type Test = Results['tests'][number]

/** A test that was never run. */
export const testOf = (file: string, name: string, more: Partial<Test> = {}): Test => ({
  ...{ kind: 'test', project: 'scenarios', file, name, tags: [], state: 'passed', duration: 900 },
  errors: more.state === 'failed' ? [{ class: 'product', message: 'no valid host' }] : [],
  ...(more.state === 'failed' && { class: 'product' as const }),
  ...more,
})

/** The results of a run that never was. */
export function resultsOf(tests: readonly Test[]): Results {
  const failed = tests.filter(({ state }) => state === 'failed').length
  const files = [
    ...new Map(tests.map(({ project, file }) => [file, { project, file, duration: 1000 }])).values(),
  ]
  return {
    ...{ format: 'stackrig-results', version: 1, started: '2026-01-01T00:00:00.000Z', duration: 1000 },
    ...{ ok: failed === 0, exitStatus: failed === 0 ? 0 : 1, interrupted: false },
    ...{ passed: tests.length - failed, failed, known: 0, skipped: 0, notRun: 0 },
    files,
    tests: [...tests],
  }
}
