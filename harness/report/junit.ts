import { hostname } from 'node:os'
import { relative } from 'node:path'
import { showControls, stripEscapes } from '../errors/index.js'
import { classOfOutcome, type Outcome, type Run } from './run.js'

/**
 * The run as JUnit's XML, in the form that vitest's own reporter writes and Jenkins, GitLab and others read. What the product
 * or a scenario got wrong is a `failure`, what the host or the harness did an `error`; the `type` of both is the class.
 */
export function junitXml(run: Run, folder: string): string {
  const suites = new Map<string, Outcome[]>()
  for (const outcome of run.outcomes) {
    const name = `${outcome.project}: ${outcome.file}`
    suites.set(name, [...(suites.get(name) ?? []), outcome])
  }
  const lines = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    tag('testsuites', { name: 'stackrig', ...totals(run.outcomes), time: seconds(run.duration) }),
  ]
  for (const [name, outcomes] of suites) {
    const first = outcomes[0]
    const { duration = 0 } =
      run.files.find(({ project, file }) => project === first?.project && file === first.file) ?? {}
    const timestamp = (first?.started ?? run.started).toISOString()
    const skipped = outcomes.filter(isLeftOut).length
    lines.push(
      `  ${tag('testsuite', { name, timestamp, hostname: hostname(), ...totals(outcomes), skipped, time: seconds(duration) })}`,
      ...outcomes.flatMap((outcome) => testcase(outcome, name, folder)).map((line) => `    ${line}`),
      '  </testsuite>',
    )
  }
  return `${[...lines, '</testsuites>'].join('\n')}\n`
}

function testcase(outcome: Outcome, classname: string, folder: string): string[] {
  const { name, duration, evidence, failures, state } = outcome
  const lines = [tag('testcase', { classname, name, time: seconds(duration) })]
  if (evidence !== undefined) {
    const value = relative(folder, evidence)
    lines.push(
      '  <properties>',
      `    ${tag('property', { name: 'evidence', value }, '/')}`,
      '  </properties>',
    )
  }
  if (isLeftOut(outcome)) {
    const message = whyLeftOut(outcome)
    lines.push(`  ${tag('skipped', message === undefined ? {} : { message }, '/')}`)
  }
  const element = isError(outcome) ? 'error' : 'failure'
  if (state === 'failed') {
    // Readers of JUnit show one of them only.
    const [first, ...others] = failures
    const type = classOfOutcome(outcome) ?? 'harness'
    const code = first?.code === undefined ? '' : `${first.code} `
    const message = `${code}${first?.message ?? 'no message'}`
    const body = [first?.diff ?? '', first?.stack ?? '', ...others.map((other) => other.message)]
    lines.push(
      `  ${tag(element, { type, message })}${escape(body.filter(Boolean).join('\n\n'))}</${element}>`,
    )
  }
  return [...lines, '</testcase>']
}

function totals(outcomes: Outcome[]): Record<string, number> {
  const failed = outcomes.filter(({ state }) => state === 'failed')
  const errors = failed.filter(isError).length
  return { tests: outcomes.length, failures: failed.length - errors, errors }
}

/** JUnit has no word for a failure that is expected. */
function whyLeftOut({ state, note, issue, failures }: Outcome): string | undefined {
  if (state === 'skipped') return note
  if (state !== 'known') return 'not run: something failed before, or the run was interrupted'
  return `known issue ${issue?.id ?? ''}: ${failures[0]?.message ?? 'no message'}`
}

const isLeftOut = ({ state }: Outcome): boolean => ['known', 'skipped', 'not run'].includes(state)

const isError = (outcome: Outcome): boolean => ['host', 'harness'].includes(classOfOutcome(outcome) ?? '')

const seconds = (ms: number): string => (ms / 1000).toFixed(3)

function tag(name: string, attributes: Record<string, string | number>, end = ''): string {
  const written = Object.entries(attributes).map(([key, value]) => ` ${key}="${escape(String(value))}"`)
  return `<${name}${written.join('')}${end}>`
}

const names: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

/**
 * For text and attributes alike; in an attribute a line's end would be read as a space. With controls visible nothing is left that XML
 * 1.0 (section 2.2) has no way to write.
 */
function escape(text: string): string {
  return showControls(stripEscapes(text))
    .replaceAll(/[&<>"]/g, (character) => names[character] ?? character)
    .replaceAll(/[\t\n]/g, (character) => `&#${character.charCodeAt(0)};`)
}
