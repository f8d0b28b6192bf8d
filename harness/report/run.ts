import { basename } from 'node:path'
import type { ErrorClass, ErrorCode } from '../errors/index.js'
import type { Finding } from '../timeline/index.js'

/** The four classes that people read; docs/reading-a-failure.md says which class of error belongs to which. */
export type FailureClass = 'product' | 'scenario' | 'host' | 'harness'

/** One error that a test, a hook, a file or the run itself ended with. */
export interface Failure {
  class: FailureClass
  message: string
  /** Of a StackrigError, or of the first one among the causes. */
  code?: ErrorCode
  errorClass?: ErrorClass
  stack?: string
  /** What an assertion wanted and got, line by line. */
  diff?: string
  /** The step that it was thrown in: the number of the outermost one, and the names down to it. */
  step?: string
}

/** What a timeline tells of a failure. */
export interface Story {
  /** The first one is the first cause, as far as the diagnosis knows it. */
  findings: Finding[]
  /** What the diagnosis could not find out: the first cause may lie there. */
  unseen?: string[]
  /** What was waited for, and for how long. */
  wanted?: string
  /** What was there instead, at last. */
  seen?: string
}

/** A named part of a scenario. */
export interface StepOutcome {
  /** Which it is of the steps beside it, from 1. */
  n: number
  /** 0 of an outermost one. */
  depth: number
  name: string
  state: 'passed' | 'failed'
  /** Host's clock. */
  started: Date
  /** ms */
  duration: number
}

/**
 * What failed or passed: a test; a file that could not be loaded, lost its process, or whose hooks failed; or the run, where
 * an error belongs to no test.
 */
export type OutcomeKind = 'test' | 'file' | 'run'

/**
 * `known`: it failed as a known issue does. `skipped`: the test or its tags said so. `not run`: it was to run, but an
 * interruption or a failed hook came before.
 */
export type OutcomeState = 'passed' | 'failed' | 'known' | 'skipped' | 'not run'

export interface Outcome {
  kind: OutcomeKind
  /** Vitest's project. */
  project: string
  /** Path from the project's folder; empty when an error came from no file. */
  file: string
  name: string
  tags: string[]
  state: OutcomeState
  /** Host's clock. */
  started?: Date
  /** ms */
  duration: number
  /** Why it was skipped, when it said so. */
  note?: string
  failures: Failure[]
  /** The known issue that it is marked with. */
  issue?: { id: string; until: string; url?: string }
  /** In the order in which they began. */
  steps?: StepOutcome[]
  /** Folder of its consoles, logs and pictures, when it left any. */
  evidence?: string
  /** There is a moment of where it failed. */
  canRewind?: true
  /** Name of the results' folder that it lies in, where that is not the run's own. */
  runFolder?: string
  /** File of its timeline, below that folder. */
  timeline?: string
  /** Of one that failed and left a timeline. */
  story?: Story
  /** Its cluster goes on running: by its name for the command line, and one of its nodes. */
  held?: { name: string; node: string }
}

/** One file of tests in one project. */
export interface FileOutcome {
  project: string
  file: string
  /** ms: loading it, its hooks and its tests. */
  duration: number
}

/** A run of tests: the one model that terminal, JSON, JUnit and resulttool are made of. */
export interface Run {
  started: Date
  /** ms */
  duration: number
  interrupted: boolean
  /** Folders that were laid over nodes of every fork, as `compute=./tree`: their images alone are not what was tested. */
  laidOver?: string[]
  files: FileOutcome[]
  outcomes: Outcome[]
}

export interface Counts {
  passed: number
  failed: number
  known: number
  skipped: number
  notRun: number
}

export function countOutcomes({ outcomes }: Pick<Run, 'outcomes'>): Counts {
  const count = (state: OutcomeState): number => outcomes.filter((outcome) => outcome.state === state).length
  return {
    passed: count('passed'),
    failed: count('failed'),
    known: count('known'),
    skipped: count('skipped'),
    notRun: count('not run'),
  }
}

/** Whether all that was to run ran and passed, or stopped where it was told to. A run that ran nothing has shown nothing. */
export function runSucceeded(run: Run): boolean {
  const { passed, failed, known, notRun } = countOutcomes(run)
  const stopped = run.outcomes.filter(({ state, held }) => state === 'skipped' && held !== undefined).length
  return passed + known + stopped > 0 && failed === 0 && notRun === 0 && !run.interrupted
}

/** The class of an outcome is that of its first error: the later ones may follow from it. */
export function classOfOutcome({ state, failures }: Outcome): FailureClass | undefined {
  return state === 'failed' ? (failures[0]?.class ?? 'harness') : undefined
}

/** Where in its steps a test failed: `in step 2 "boot" › "wait"`, `after step 1 "boot"`. Nothing of one without steps. */
export function placeInSteps({ state, failures, steps = [] }: Outcome): string | undefined {
  const last = steps.findLast(({ depth }) => depth === 0)
  if (state !== 'failed' || last === undefined) return undefined
  const [first] = failures
  if (first?.step !== undefined) return `in step ${first.step}`
  // It took too long: no error came out of it.
  return `${last.state === 'failed' ? 'in' : 'after'} step ${last.n} "${last.name}"`
}

/** The place of each outcome in the report, `report.html#nova-1`: its file's name, and which of the file's tests it is. */
export function reportIds({ outcomes }: Pick<Run, 'outcomes'>): Map<Outcome, string> {
  const counts = new Map<string, number>()
  const ids = outcomes.map((outcome): [Outcome, string] => {
    const name =
      basename(outcome.file)
        .split('.')
        .find((part) => part !== '') ?? 'run'
    const n = (counts.get(name) ?? 0) + 1
    counts.set(name, n)
    return [outcome, `${name}-${n}`]
  })
  return new Map(ids)
}
