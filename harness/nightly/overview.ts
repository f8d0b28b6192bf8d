import { passingRate, type Rate } from '../report/index.js'
import type { Night, PastOutcome } from './history.js'

/** What became of a row in one night. */
export interface Cell {
  state: 'passed' | 'failed' | 'known' | 'flaked' | 'unclear' | 'not run'
  runs: number
  passed: number
  /** ms, the middle one of its runs. */
  duration: number
  /** Of its first failure. */
  cause?: string
  /** Folder of the run that failed, from the project's. */
  folder?: string
}

/** A scenario's test over the nights; of unit tests and of the harness's own a whole file. */
export interface Row {
  project: string
  file: string
  /** Empty of a whole file. */
  name: string
  /** One for each night, undefined where it did not run. */
  cells: (Cell | undefined)[]
  /** Of the runs in which the product or a scenario decided. */
  rate?: Rate
  /** It both passed and failed, though it was made of the same. */
  flaky: boolean
  /** What its last night's median is to the one of the nights before, 1 for the same; undefined of fewer than four nights. */
  trend?: number
}

/** Failures of one first cause. */
export interface Cause {
  cause: string
  times: number
  rows: string[]
  /** The nights in which it was seen, by their place among all. */
  nights: number[]
}

/** The nights of a project: all that the page shows. */
export interface Overview {
  /** The oldest first. */
  nights: Night[]
  rows: Row[]
  causes: Cause[]
  /** Issues that failures were expected of, with the rows. */
  known: { issue: string; rows: string[] }[]
}

type OfNight = readonly PastOutcome[]

/** The order of the page. */
const projects = ['scenarios', 'all-in-one', 'vm', 'unit', 'torture', 'bench', 'check']

/** @param outcomes of each night, in the same order */
export function overviewOf(nights: readonly Night[], outcomes: readonly OfNight[]): Overview {
  const rows = new Map<string, { of: Pick<Row, 'project' | 'file' | 'name'>; byNight: PastOutcome[][] }>()
  outcomes.forEach((ofNight, at) => {
    for (const outcome of ofNight) {
      if (outcome.state === 'skipped') continue
      const { project, file } = outcome
      const name = project === 'unit' || project === 'vm' ? '' : outcome.name
      const key = [project, file, name].join('\n')
      const row = rows.get(key) ?? { of: { project, file, name }, byNight: nights.map(() => []) }
      row.byNight[at]?.push(outcome)
      rows.set(key, row)
    }
  })
  const all = [...rows.values()].map(({ of, byNight }) => rowOf(of, byNight))
  return {
    nights: [...nights],
    rows: all.toSorted((a, b) => rank(a) - rank(b) || label(a).localeCompare(label(b))),
    ...{ causes: causesOf(outcomes), known: knownOf(outcomes) },
  }
}

const rank = ({ project }: Row): number => {
  const at = projects.indexOf(project)
  return at < 0 ? projects.length : at
}

/** `scenarios/nova.scenario.ts: boots` */
export const label = ({ file, name }: Pick<Row, 'file' | 'name'>): string =>
  name === '' || name === file ? file : `${file}: ${name}`

const isFailure = ({ state }: PastOutcome): boolean => state === 'failed' || state === 'known'

/** Whose fault it was: the host's and stackrig's own failures say nothing of a scenario. */
const isUnclear = (outcome: PastOutcome): boolean =>
  outcome.state === 'failed' && (outcome.class === 'host' || outcome.class === 'harness')

function rowOf(of: Pick<Row, 'project' | 'file' | 'name'>, byNight: readonly PastOutcome[][]): Row {
  const all = byNight.flat()
  // Of the harness's own tests, its defects are what is looked for.
  const decides = (outcome: PastOutcome): boolean =>
    outcome.state !== 'not run' && (of.project !== 'scenarios' || !isUnclear(outcome))
  const decided = all.filter(decides)
  const passed = decided.filter(({ state }) => state === 'passed').length
  const rate = passingRate(passed, decided.length)
  const cells = byNight.map(cellOf)
  const trend = trendOf(cells)
  return {
    ...of,
    cells,
    ...(rate && { rate }),
    flaky: isFlaky(decided),
    ...(trend !== undefined && { trend }),
  }
}

function cellOf(outcomes: readonly PastOutcome[]): Cell | undefined {
  if (outcomes.length === 0) return undefined
  const runs = new Set(outcomes.map(({ n }) => n)).size
  const passed = outcomes.filter(({ state }) => state === 'passed').length
  const bad = outcomes.find(({ state }) => state === 'failed') ?? outcomes.find(isFailure)
  const durations = [...new Set(outcomes.map(({ n }) => n))].map((n) =>
    outcomes.filter((one) => one.n === n).reduce((sum, { duration }) => sum + duration, 0),
  )
  return {
    ...{ state: stateOf(outcomes), runs, passed, duration: middle(durations) },
    ...(bad && { cause: bad.cause, folder: bad.folder }),
  }
}

function stateOf(outcomes: readonly PastOutcome[]): Cell['state'] {
  if (isFlaky(outcomes)) return 'flaked'
  const failed = outcomes.filter(({ state }) => state === 'failed')
  if (failed.length > 0) return failed.every(isUnclear) ? 'unclear' : 'failed'
  if (outcomes.some(({ state }) => state === 'known')) return 'known'
  return outcomes.some(({ state }) => state === 'passed') ? 'passed' : 'not run'
}

/** Whether the same test, made of the same, both passed and failed. What nobody has a digest of is the same for one night. */
function isFlaky(outcomes: readonly PastOutcome[]): boolean {
  const seen = new Map<string, Set<boolean>>()
  for (const outcome of outcomes) {
    if (outcome.state === 'not run' || outcome.state === 'skipped' || isUnclear(outcome)) continue
    const same = outcome.digest === '' ? `night ${outcome.night}` : outcome.digest
    const key = [outcome.name, same].join('\n')
    seen.set(key, (seen.get(key) ?? new Set()).add(outcome.state === 'passed'))
  }
  return [...seen.values()].some(({ size }) => size === 2)
}

const middle = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0

function trendOf(cells: readonly (Cell | undefined)[]): number | undefined {
  const took = cells.flatMap((cell) => (cell && cell.state === 'passed' && cell.duration > 0 ? [cell] : []))
  if (took.length < 4) return undefined
  const last = took.slice(-2).map(({ duration }) => duration)
  const before = took.slice(0, -2).map(({ duration }) => duration)
  return middle(last) / middle(before)
}

function causesOf(outcomes: readonly OfNight[]): Cause[] {
  const causes = new Map<string, Cause>()
  outcomes.forEach((ofNight, at) => {
    for (const outcome of ofNight.filter(isFailure)) {
      const { cause } = outcome
      const one = causes.get(cause) ?? { cause, times: 0, rows: [], nights: [] }
      one.times += 1
      if (!one.rows.includes(label(outcome))) one.rows.push(label(outcome))
      if (!one.nights.includes(at)) one.nights.push(at)
      causes.set(cause, one)
    }
  })
  return [...causes.values()].toSorted((a, b) => b.times - a.times)
}

function knownOf(outcomes: readonly OfNight[]): Overview['known'] {
  const known = new Map<string, Set<string>>()
  for (const outcome of outcomes.at(-1)?.filter(({ state }) => state === 'known') ?? [])
    known.set(outcome.issue, (known.get(outcome.issue) ?? new Set()).add(label(outcome)))
  return [...known].map(([issue, rows]) => ({ issue, rows: [...rows] }))
}
