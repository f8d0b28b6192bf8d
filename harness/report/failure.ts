import { errorCodes, forPeople, stripEscapes, type ErrorClass, type ErrorCode } from '../errors/index.js'
import type { Failure, FailureClass } from './run.js'

/** What is left of an error that came out of another process: its own properties, and those of its causes. */
export interface ReportedError {
  message?: unknown
  name?: unknown
  stack?: unknown
  cause?: unknown
  code?: unknown
  class?: unknown
  diff?: unknown
  step?: unknown
}

const classes: Record<ErrorClass, FailureClass> = {
  image: 'product',
  boot: 'product',
  service: 'product',
  usage: 'scenario',
  host: 'host',
  internal: 'harness',
}

/** Errors of the operating system (errno(3)) that say that this machine has too little of something. */
const shortages = ['ENOSPC', 'EDQUOT', 'ENOMEM', 'EMFILE', 'ENFILE']

/** Errors of JavaScript itself: whoever wrote the code that threw one has to act. */
const defects = ['TypeError', 'RangeError', 'ReferenceError', 'SyntaxError']

/** What an error says, and who has to act. */
export function failureOf(error: ReportedError): Failure {
  const known = stackrigErrorOf(error)
  return {
    class: known ? classes[known.errorClass] : classOfForeign(error),
    message: clean(text(error.message) ?? text(error.name) ?? 'no message'),
    ...known,
    ...given('stack', text(error.stack)),
    ...given('diff', text(error.diff)),
    ...given('step', text(error.step)),
  }
}

/** A failure that no error object stands for. */
export function harnessFailure(message: string): Failure {
  return { class: 'harness', message, code: 'INTERNAL', errorClass: 'internal' }
}

/** Code and class of a StackrigError, of the first one among the causes otherwise. */
function stackrigErrorOf(error: ReportedError): { code: ErrorCode; errorClass: ErrorClass } | undefined {
  for (const one of causes(error)) {
    const code = errorCodes.find((candidate) => candidate === one.code)
    if (code !== undefined && isErrorClass(one.class)) return { code, errorClass: one.class }
  }
  return undefined
}

function classOfForeign(error: ReportedError): FailureClass {
  for (const { code } of causes(error)) if (shortages.includes(String(code))) return 'host'
  if (defects.includes(String(error.name)) && thrownByHarness(text(error.stack) ?? '')) return 'harness'
  return 'scenario'
}

/** The innermost frame of our own tells whose code it was; tests of the harness are no part of it. */
function thrownByHarness(stack: string): boolean {
  const own = stack.split('\n').find((line) => /^\s+at /.test(line) && !/node_modules|node:/.test(line))
  return own !== undefined && /\/harness\//.test(own) && !/\.test\.ts|\/testing\//.test(own)
}

function* causes(error: unknown): Generator<ReportedError> {
  // A cause can lead back to where it came from.
  const seen = new Set<unknown>()
  for (let one = error; typeof one === 'object' && one !== null && !seen.has(one);) {
    seen.add(one)
    yield one
    one = (one as ReportedError).cause
  }
}

const isErrorClass = (value: unknown): value is ErrorClass =>
  typeof value === 'string' && Object.hasOwn(classes, value)

const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined

const given = <Key extends string>(key: Key, value: string | undefined): Partial<Record<Key, string>> =>
  value === undefined ? {} : ({ [key]: clean(value) } as Record<Key, string>)

/** Vitest's own messages have colours in them, and those of nodes whatever a guest has said. */
const clean = (words: string): string => forPeople(stripEscapes(words))
