import { relative } from 'node:path'
import { styleText } from 'node:util'
import { stripEscapes } from '../errors/index.js'
import { humanDuration } from '../duration.js'
import { quoteWord } from '../shell-word.js'
import { classOfOutcome, countOutcomes, placeInSteps, type Outcome, type Run } from './run.js'

interface SummaryOptions {
  /** Columns of the terminal. */
  width: number
  colour: boolean
  /** Folder that evidence is named from. */
  from: string
}

/** One line for each test of a run, for a run of a few. */
export function testTable(run: Run, { width, colour }: SummaryOptions): string[] {
  const room = Math.min(78, width) - 20
  return run.outcomes.map((outcome) => {
    const mark = paint(outcome.state.padEnd(7), outcome.state, colour)
    return `${mark} ${short(labelOf(outcome), room).padEnd(room)} ${humanDuration(outcome.duration).padStart(10)}`
  })
}

/** What failed: who has to act, the first line of the first error, and where the evidence is. Nothing when nothing did. */
export function failureList(run: Run, { width, colour, from }: SummaryOptions): string[] {
  return run.outcomes
    .filter(({ state }) => state === 'failed')
    .flatMap((outcome) => {
      const [first] = outcome.failures
      const words = [
        classOfOutcome(outcome),
        first?.code,
        humanDuration(outcome.duration),
        placeInSteps(outcome),
      ]
      const said = clean(first?.message.split('\n').find((line) => line.trim() !== '') ?? 'no message')
      return [
        `${paint('✗', 'failed', colour)} ${short(labelOf(outcome), width - 2)}`,
        `    ${short(clean(words.filter(Boolean).join(', ')), width - 4)}`,
        `    ${short(said, width - 4)}`,
        ...(outcome.canRewind
          ? [`    go there: npx stackrig rewind latest ${rewindName(outcome, run)}`]
          : []),
        ...(outcome.evidence === undefined ? [] : [`    evidence: ${relative(from, outcome.evidence)}`]),
      ]
    })
}

/** What tells a scenario apart from the others that can be entered: its file, or also its name. */
function rewindName(outcome: Outcome, { outcomes }: Run): string {
  const file = placeOf(outcome).split('/').at(-1) ?? ''
  const others = outcomes.filter((one) => one !== outcome && one.canRewind)
  const alone = others.every((other) => !`${other.file}\n${other.name}`.toLowerCase().includes(file))
  return alone ? file : quoteWord(clean(outcome.name))
}

/** How many passed, failed, and were left out; the last line is `N passed, N failed`, which `.ci/run` reads. */
export function countLines(run: Run, leftOut: string): string[] {
  const { passed, failed, known, skipped, notRun } = countOutcomes(run)
  return [
    ...(run.interrupted ? ['interrupted'] : []),
    ...(notRun > 0 ? [`${notRun} not run (an interruption or a failure came before)`] : []),
    ...(known > 0 ? [`${known} known to fail (npx stackrig bugs)`] : []),
    ...(skipped > 0 ? [`${skipped} left out (${leftOut})`] : []),
    `${passed} passed, ${failed} failed`,
  ]
}

function labelOf(outcome: Outcome): string {
  const place = placeOf(outcome)
  return clean(place === '' ? outcome.name : `${place}: ${outcome.name}`)
}

const placeOf = ({ file }: Outcome): string =>
  file.replace(/^scenarios\/|\.(scenario|vm\.test|test)\.ts$/g, '')

function paint(text: string, state: Outcome['state'], colour: boolean): string {
  const colours = {
    passed: 'green',
    failed: 'red',
    known: 'yellow',
    skipped: 'yellow',
    'not run': 'yellow',
  } as const
  // Whether there are colours is for the caller to say.
  return colour ? styleText(colours[state], text, { validateStream: false }) : text
}

/** Messages may hold what a node said: nothing of it may act on a terminal. */
const clean = (text: string): string => stripEscapes(text).replaceAll(/\p{Cc}/gu, ' ')

const short = (text: string, room: number): string =>
  text.length > room ? `${text.slice(0, room - 1)}…` : text
