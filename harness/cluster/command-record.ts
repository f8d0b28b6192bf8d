import { messageOf } from '../errors/index.js'
import type { CommandResult } from '../guest/index.js'
import { lasting, nodeLane, noTimeline, type Timeline } from '../timeline/index.js'

/** Characters of a command: it may be a file that is written. */
const longestCommand = 2000

/** Tells a timeline of a command on a node: when it has ended, and before if it lasts. */
export function recordCommand(
  timeline: Timeline,
  node: string,
  command: string,
  running: Promise<unknown>,
): void {
  if (timeline === noTimeline) return
  const shown = command.slice(0, longestCommand)
  const ended = lasting<'command'>(timeline, {
    ...{ lane: nodeLane(node), kind: 'command' },
    text: shown.split('\n', 1).join(''),
    data: { node, command: shown === command ? command : `${shown} …` },
  })
  running.then(
    (result) => ended(isResult(result) ? resultOf(result) : { status: 0 }),
    (error: unknown) => ended({ error: messageOf(error) }),
  )
}

const isResult = (value: unknown): value is CommandResult =>
  typeof value === 'object' && value !== null && 'exitCode' in value

const resultOf = ({ exitCode, stdout, stderr }: CommandResult): object => ({
  status: exitCode,
  ...(stdout.length > 0 && { stdout: textOf(stdout) }),
  ...(stderr.length > 0 && { stderr: textOf(stderr) }),
})

/** As much as the timeline looks at; the beginning and the end of what is long. */
function textOf(output: Buffer): string {
  if (output.length <= mostLooked) return output.toString()
  const half = mostLooked / 2
  const left = output.length - mostLooked
  return `${output.toString('utf8', 0, half)}\n… ${left} bytes left out …\n${output.subarray(-half).toString()}`
}

/** Bytes */
const mostLooked = 64 * 1024
