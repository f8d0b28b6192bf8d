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
      const goThere = outcome.canRewind && `npx stackrig rewind latest ${rewindName(outcome, run)}`
      return failureLines(outcome, { id, goThere }, options)
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

const colours = {
  passed: 'green',
  failed: 'red',
  known: 'yellow',
  skipped: 'yellow',
  'not run': 'yellow',
} as const
