import type { Results } from '../report/index.js'

/** What became of a program, or of a part of what it did. */
export interface ProgramOutcome {
  state: 'passed' | 'failed' | 'skipped'
  name?: string
  duration?: number
  note?: string
  class?: 'scenario' | 'host' | 'harness'
  message?: string
}

/** What a program did, in the form of a run of tests. */
export function programResults(
  { part, row, started, duration }: { part: string; row: string; started: Date; duration: number },
  tests: readonly ProgramOutcome[],
): Results {
  const count = (state: ProgramOutcome['state']): number =>
    tests.filter((test) => test.state === state).length
  const failure = tests.find(({ state }) => state === 'failed')
  const statuses = { scenario: 1, host: 3, harness: 4 }
  return {
    ...{ format: 'stackrig-results', version: 1, started: started.toISOString(), duration },
    ...{ ok: failure === undefined, exitStatus: failure?.class ? statuses[failure.class] : 0 },
    ...{ interrupted: false, passed: count('passed'), failed: count('failed'), known: 0 },
    ...{ skipped: count('skipped'), notRun: 0 },
    files: [{ project: part, file: row, duration }],
    tests: tests.map(({ state, name = row, duration: took = duration, note, class: itsClass, message }) => ({
      ...{ kind: 'test' as const, project: part, file: row, name, tags: [], state },
      ...{ started: started.toISOString(), duration: took },
      ...(note !== undefined && { note }),
      ...(itsClass && { class: itsClass }),
      errors: message !== undefined && itsClass ? [{ class: itsClass, message }] : [],
    })),
  }
}
