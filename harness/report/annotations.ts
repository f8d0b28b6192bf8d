import { clean, labelOf } from './failure-lines.js'
import { classOfOutcome, type Outcome, type Run } from './run.js'

/**
 * A line for each failure in which GitHub's runner recognises an error of a file, and shows it beside it ("Workflow commands
 * for GitHub Actions", Setting an error message).
 */
export function annotations(run: Pick<Run, 'outcomes'>): string[] {
  return run.outcomes.filter(({ state }) => state === 'failed').map(annotation)
}

function annotation(outcome: Outcome): string {
  const { file, failures, story } = outcome
  const [first] = failures
  const line = lineIn(file, first?.stack ?? '')
  const properties = [
    ...(file === '' ? [] : [`file=${property(file)}`]),
    ...(line === undefined ? [] : [`line=${line}`]),
    `title=${property(labelOf(outcome))}`,
  ]
  const [cause] = story?.findings ?? []
  const said = [
    [classOfOutcome(outcome), first?.code].filter(Boolean).join(' '),
    ...(cause ? [`first cause: ${cause.what}`] : []),
    ...(story?.wanted === undefined
      ? [first?.message ?? 'no message']
      : [`wanted: ${story.wanted}`, `seen: ${story.seen ?? 'nothing'}`]),
  ]
  return `::error ${properties.join(',')}::${data(said.join('\n'))}`
}

/** Where in the file of the test the error was thrown, or waited for. */
function lineIn(file: string, stack: string): number | undefined {
  const frames = file === '' ? [] : stack.split('\n').filter((frame) => frame.includes(`${file}:`))
  const [, line] = /:(\d+):\d+\)?$/.exec(frames[0]?.trim() ?? '') ?? []
  return line === undefined ? undefined : Number(line)
}

/** The runner reads a command from any line that begins with `::`: none may begin inside of one. */
const data = (text: string): string =>
  text
    .split('\n')
    .map((line) => clean(line))
    .join('\n')
    .replaceAll('%', '%25')
    .replaceAll('\n', '%0A')

const property = (text: string): string => data(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
