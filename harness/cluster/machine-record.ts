import type { Machine, QmpEvent } from '../qemu/index.js'
import { stripEscapes } from '../errors/index.js'
import { nodeLane, type Timeline } from '../timeline/index.js'

/** Characters of a console without an end of line that are told as one. */
const longestLine = 4096

/** What has a timeline: a fork that is loaded ahead of its scenario has another one later. */
interface Told {
  readonly timeline: Timeline
}

/** Tells a timeline of what QEMU says unasked of a node. */
export function recordEvents(told: Told, { qmp, spec: { name: node } }: Machine): void {
  qmp.onEvent(({ event, data }: QmpEvent) => {
    const said = data === undefined ? '' : ` ${JSON.stringify(data)}`
    const text = `${event}${said.slice(0, 300)}`
    told.timeline.add({ lane: nodeLane(node), kind: 'qmp', text, data: { node, event, data } })
  })
}

/**
 * Tells a timeline of what a node writes to its console, line by line; gives back what takes it, piece by piece. What has no
 * end yet, as a prompt, waits for it.
 */
export function consoleRecorder(told: Told, node: string): (text: string) => void {
  let rest = ''
  return (text) => {
    // Told all at once, as they came.
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    if (rest.length > longestLine) {
      lines.push(rest)
      rest = ''
    }
    const shown = lines.map(shownLine).filter((line) => line !== '')
    if (shown.length === 0) return
    told.timeline.add(
      ...shown.map((line) => ({
        ...{ lane: nodeLane(node), kind: 'console' as const, text: line, data: { node } },
      })),
    )
  }
}

/** A console's bytes are kept one character each until a line is whole. */
const shownLine = (line: string): string =>
  stripEscapes(Buffer.from(line, 'latin1').toString()).replaceAll('\r', '').trimEnd()
