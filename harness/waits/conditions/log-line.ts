import { quoteWord } from '../../shell-word.js'
import { WholeLines } from '../../whole-lines.js'
import type { Condition, Look } from '../condition.js'
import type { CommandNode } from './command.js'

/** Which log: a unit's in systemd's journal, since the node's boot or after a cursor; or a file, from its beginning. */
export type LogSource = { unit: string; after?: string } | { file: string }

/**
 * A line of the log matches; its value is that line. What the log says already counts. While it is waited for, one of the
 * node's three shells follows the log (journalctl(1) `--follow`, tail(1) `-f`): it ends the wait as soon as the line comes.
 */
export function logLine(node: CommandNode, pattern: RegExp, source: LogSource): Condition<string> {
  const log = 'unit' in source ? journal(source) : textFile(source.file)
  const matcher = new RegExp(pattern.source, pattern.flags.replaceAll(/[gy]/g, ''))
  let line: string | undefined
  let last = 'no line'
  let place = log.start
  let followed: AbortSignal | undefined
  const hear = (lines: string[]): void => {
    line ??= lines.find((each) => matcher.test(each))
    last = lines.findLast((each) => each !== '') ?? last
  }
  const read = async ({ signal, timeLeft }: Look): Promise<void> => {
    const { stdout, exitCode, stderr } = await node.execute(log.read(log.start), {
      timeout: timeLeft,
      signal,
    })
    if (exitCode !== 0) last = stderr.toString().trim() || `it cannot be read: exit status ${exitCode}`
    const { text, end } = log.split(stdout)
    place = end
    hear(text.split('\n'))
  }
  const follow = async ({ signal, timeLeft }: Look, again: () => void): Promise<void> => {
    const lines = new WholeLines()
    followed = signal
    await node.execute(log.follow(place), {
      timeout: timeLeft,
      signal,
      onOutput: (stream, data) => {
        if (stream === 'stderr') return
        hear(lines.add(data))
        if (line !== undefined) again()
      },
    })
  }
  return {
    what: `${String(pattern)} in the log of ${log.name} on ${node.name}`,
    signal: node.signal,
    interval: '2s',
    async probe(look) {
      if (line === undefined && followed !== look.signal) await read(look)
      return line === undefined
        ? { done: false, seen: `its last line is: ${last}` }
        : { done: true, value: line }
    },
    watch(look, again) {
      // Whatever ends it, each look reads the log itself from then on.
      void follow(look, again)
        .catch(() => undefined)
        .finally(() => (followed = undefined))
    },
  }
}

/** How a log is read, and followed from the place where the reading has ended. */
interface Log {
  name: string
  start: string
  read: (from: string) => string
  split: (output: Buffer) => { text: string; end: string }
  follow: (from: string) => string
}

function journal({ unit, after }: { unit: string; after?: string }): Log {
  const show = `journalctl --boot --no-pager --output=cat --unit=${quoteWord(unit)}`
  const since = (cursor: string): string => (cursor === '' ? '' : ` --after-cursor=${quoteWord(cursor)}`)
  return {
    name: unit,
    start: after ?? '',
    read: (from) => `${show} --show-cursor${since(from)}`,
    split: (output) => {
      const text = output.toString()
      const [whole = '', cursor = after ?? ''] = /^-- cursor: (\S+)\n?$/m.exec(text) ?? []
      return { text: whole === '' ? text : text.replace(whole, ''), end: cursor }
    },
    // Without a number it shows the last ten lines only.
    follow: (from) => `exec ${show} --follow --lines=all${since(from)}`,
  }
}

function textFile(path: string): Log {
  const word = quoteWord(path)
  return {
    name: path,
    start: '0',
    read: () => `cat ${word}`,
    // A line that is not yet complete is read again.
    split: (output) => ({ text: output.toString(), end: String(output.lastIndexOf('\n') + 1) }),
    follow: (from) => `exec tail -c +${Number(from) + 1} -f ${word}`,
  }
}
