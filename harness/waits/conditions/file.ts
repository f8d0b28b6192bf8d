import { quoteWord } from '../../shell-word.js'
import type { Condition } from '../condition.js'
import type { CommandNode } from './command.js'

/** There is such a file on the node, and its text matches, when a pattern is given; its value is that text then, else empty. */
export function file(node: CommandNode, path: string, pattern?: RegExp): Condition<string> {
  const word = quoteWord(path)
  // A device or a directory has no text: without a pattern nothing is read.
  const look = `[ -e ${word} ]${pattern ? ` && cat ${word}` : ''}`
  return {
    what: `${path} on ${node.name}${pattern ? ` with ${String(pattern)}` : ''}`,
    signal: node.signal,
    async probe({ signal, timeLeft }) {
      const { exitCode, stdout, stderr } = await node.execute(look, { timeout: timeLeft, signal })
      if (exitCode !== 0) return { done: false, seen: stderr.toString().trim() || 'no such file' }
      const text = stdout.toString()
      if (!pattern || text.search(pattern) >= 0) return { done: true, value: text }
      return { done: false, seen: `it ends with:\n${text.trimEnd().split('\n').slice(-5).join('\n')}` }
    },
  }
}
