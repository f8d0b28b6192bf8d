import { humanDuration } from '../duration.js'
import { quoteWord } from '../shell-word.js'
import { clean, failureLines, labelOf, paint, placeOf, short, type SummaryOptions } from './failure-lines.js'
import { countOutcomes, reportIds, type Outcome, type Run } from './run.js'

/** One line for each test of a run, for a run of a few. */
export function testTable(run: Run, { width, colour }: SummaryOptions): string[] {
  const room = Math.min(78, width) - 20
  return run.outcomes.map((outcome) => {
    const mark = paint(outcome.state.padEnd(7), colours[outcome.state], colour)
    return `${mark} ${short(labelOf(outcome), room).padEnd(room)} ${humanDuration(outcome.duration).padStart(10)}`
  })
}

/** What failed, in at most twelve lines each. Nothing when nothing did. */
export function failureList(run: Run, options: SummaryOptions): string[] {
  return [...reportIds(run)]
    .filter(([{ state }]) => state === 'failed')
    .flatMap(([outcome, id]) => {
      return failureLines(outcome, { id, goThere: wayTo(outcome, run, 'latest') }, options)
    })
}

/** The command that leads to where a scenario failed; nothing when none does. @param name of the run's folder, or `latest` */
export const wayTo = (outcome: Outcome, run: Run, name: string): string | undefined =>
  outcome.canRewind && `npx stackrig rewind ${outcome.runFolder ?? name} ${rewindName(outcome, run)}`

/** Words of a test's name that still say something. */
const fewestWords = 3

/** What tells a scenario apart from the others that can be entered: its file, or as much of its name as does; short, for a command is copied as one line. */
function rewindName(outcome: Outcome, { outcomes }: Run): string {
  const file = placeOf(outcome).split('/').at(-1) ?? ''
  const others = outcomes.filter(
    (one) => one !== outcome && one.canRewind && one.runFolder === outcome.runFolder,
  )
  const isAlone = (part: string): boolean =>
    others.every((other) => !`${other.file}\n${other.name}`.toLowerCase().includes(part.toLowerCase()))
  if (isAlone(file)) return file
  // Of several runs that were made one, each but the first has its number after it.
  const name = clean(outcome.name.replace(/ \(run \d+\)$/, ''))
  const ends = [...name.matchAll(/ |$/g)].map(({ index }) => index).slice(fewestWords - 1)
  const parts = ends.map((end) => name.slice(0, end))
  return quoteWord(parts.find(isAlone) ?? name)
}

/** How many passed, failed, and were left out; the last line is `N passed, N failed`, which `.ci/run` reads. */
export function countLines(run: Run, leftOut: string): string[] {
  const { passed, failed, known, skipped, notRun } = countOutcomes(run)
  return [
    ...(run.interrupted ? ['interrupted'] : []),
    ...(run.laidOver ? [`laid over: ${run.laidOver.map(clean).join(', ')}`] : []),
    ...(notRun > 0 ? [`${notRun} not run (an interruption or a failure came before)`] : []),
    ...(known > 0 ? [`${known} known to fail (npx stackrig bugs)`] : []),
    ...(skipped > 0 ? [`${skipped} left out (${leftOut})`] : []),
    `${passed} passed, ${failed} failed`,
  ]
}

const colours = {
  passed: 'green',
  failed: 'red',
  known: 'yellow',
  skipped: 'yellow',
  'not run': 'yellow',
} as const
