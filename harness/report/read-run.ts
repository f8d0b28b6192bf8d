import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { TestCase, TestModule, TestSuite } from 'vitest/node'
import { forPeople } from '../errors/index.js'
import type { EndedStep, Step } from '../scenario/index.js'
import { timelineName } from '../timeline/index.js'
import { judgeKnown } from './judge-known.js'
import { failureOf, harnessFailure, type ReportedError } from './failure.js'
import type { Outcome, Run, StepOutcome } from './run.js'

declare module 'vitest' {
  interface TaskMeta {
    /** Absolute path of the folder where a scenario keeps its consoles, logs and pictures. */
    evidence?: string
    /** There is a moment of where a scenario failed. */
    canRewind?: true
  }
}

/** What vitest hands to a reporter at the end of a run. */
export interface EndedRun {
  modules: readonly TestModule[]
  /** What was thrown outside of any test. */
  errors: readonly ReportedError[]
  interrupted: boolean
  started: Date
}

/** What became of every test and every file, and what went wrong beside them. */
export function readRun({ modules, errors, interrupted, started }: EndedRun): Run {
  return {
    started,
    duration: Date.now() - started.getTime(),
    interrupted,
    files: modules.map((module) => ({ ...placeOf(module), duration: durationOf(module) })),
    outcomes: [
      ...modules.flatMap((module) => [
        ...[...module.children.allTests()].map((test) => readTest(test, interrupted)),
        ...readFile(module, interrupted),
      ]),
      ...errors.map((error) => readStray(error, modules)),
    ],
  }
}

function readTest(test: TestCase, interrupted: boolean): Outcome {
  const { state, errors } = test.result()
  const failures = (errors ?? []).filter(isFirst).map(failureOf)
  const note = noteOf(test)
  const diagnostic = test.diagnostic()
  const { evidence, canRewind, held, steps = [], issue } = test.meta()
  const timeline = evidence === undefined ? '' : join(evidence, timelineName)
  const outcome: Outcome = {
    kind: 'test',
    ...placeOf(test.module),
    name: test.fullName,
    tags: test.tags,
    state: wasPrevented(test, interrupted) ? 'not run' : state === 'pending' ? 'failed' : state,
    ...(diagnostic && diagnostic.startTime > 0 && { started: new Date(diagnostic.startTime) }),
    duration: diagnostic?.duration ?? 0,
    ...(note !== undefined && { note }),
    failures,
    ...(steps.length > 0 && { steps: steps.map(readStep) }),
    ...(evidence !== undefined && existsSync(evidence) && { evidence }),
    ...(canRewind && { canRewind }),
    ...(timeline !== '' && existsSync(timeline) && { timeline }),
    ...(held && { held }),
  }
  return issue === undefined ? outcome : judgeKnown(outcome, issue, new Date())
}

/** What is thrown while a fixture ends is handed over twice by vitest. */
const isFirst = (error: ReportedError, at: number, all: readonly ReportedError[]): boolean =>
  all.findIndex(({ message, stack }) => message === error.message && stack === error.stack) === at

function readStep(step: Step | EndedStep): StepOutcome {
  const { n, depth, name, began } = step
  const { status, ended } = 'ended' in step ? step : { status: 'failed' as const, ended: began }
  return { n, depth, name: forPeople(name), state: status, started: new Date(began), duration: ended - began }
}

/** Vitest's note on tests that Ctrl-C kept from running, or ended. */
const aborted = 'The test run was aborted by the user.'

function noteOf(test: TestCase): string | undefined {
  const result = test.result()
  return result.state === 'skipped' && result.note !== aborted ? result.note : undefined
}

/** Whether a test that was to run did not, or not to its end: vitest calls it skipped, or leaves it pending. */
function wasPrevented(test: TestCase, interrupted: boolean): boolean {
  const { state, errors } = test.result()
  if (state === 'pending') return true
  if (state === 'failed')
    return interrupted && errors.length > 0 && errors.every((error) => failureOf(error).code === 'ABORTED')
  if (state === 'passed' || test.options.mode !== 'run' || noteOf(test) !== undefined) return false
  return interrupted || suitesAround(test).some((suite) => suite.errors().length > 0)
}

function suitesAround(test: TestCase): (TestSuite | TestModule)[] {
  const found: (TestSuite | TestModule)[] = []
  for (let at = test.parent; ; at = at.parent) {
    found.push(at)
    if (at.type === 'module') return found
  }
}

/** A file as an outcome of its own: when it could not be loaded, when hooks failed, when its process died. */
function readFile(module: TestModule, interrupted: boolean): Outcome[] {
  const failures = [module, ...module.children.allSuites()]
    .flatMap((suite) => suite.errors())
    .map(failureOf)
    .filter(({ code }) => !interrupted || code !== 'ABORTED')
  const tests = [...module.children.allTests()]
  const state = module.state()
  const unfinished = state === 'pending' || state === 'queued'
  if (unfinished && !interrupted) failures.push(harnessFailure('its process ended before its tests had'))
  const told = module.ok() || interrupted || tests.some((test) => test.result().state === 'failed')
  if (failures.length === 0 && !told) failures.push(harnessFailure('the file failed and did not say why'))
  const prevented = failures.length === 0 && unfinished && tests.length === 0
  if (failures.length === 0 && !prevented) return []
  const itself = { kind: 'file' as const, ...placeOf(module), name: 'the file itself', tags: [], duration: 0 }
  return [{ ...itself, state: prevented ? 'not run' : 'failed', failures }]
}

/** An error that no test waited for; vitest notes in which test's time it came. */
function readStray(error: ReportedError, modules: readonly TestModule[]): Outcome {
  const { VITEST_TEST_PATH: path, VITEST_TEST_NAME: name } = error as Record<string, unknown>
  const module = modules.find(({ moduleId }) => moduleId === path)
  const during = typeof name === 'string' ? ` during "${name}"` : ''
  const first = modules[0]
  const failure = failureOf(error)
  // What no file's process threw comes from vitest itself, as the loss of a process.
  const traced = module !== undefined || failure.code !== undefined || failure.class === 'host'
  return {
    kind: 'run',
    project: (module ?? first)?.project.name ?? '',
    file: module?.relativeModuleId ?? '',
    name: `an error outside of any test${during}`,
    tags: [],
    state: 'failed',
    duration: 0,
    failures: [traced ? failure : { ...failure, class: 'harness' }],
  }
}

const placeOf = (module: TestModule): { project: string; file: string } => ({
  project: module.project.name,
  file: module.relativeModuleId,
})

function durationOf(module: TestModule): number {
  const { environmentSetupDuration, prepareDuration, collectDuration, setupDuration, duration } =
    module.diagnostic()
  return environmentSetupDuration + prepareDuration + collectDuration + setupDuration + duration
}
