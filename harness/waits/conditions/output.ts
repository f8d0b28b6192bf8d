import { commandText, type CommandValue } from '../../command-text.js'
import type { Condition } from '../condition.js'
import { commandSucceeds, type CommandNode } from './command.js'
import { shownPattern, matches } from './pattern.js'

/**
 * A command exits zero on the node, and what it printed has that text, or matches; its value: what it printed.
 * ``output(node, 'ready')`cat /run/state` ``
 */
export function output(
  node: CommandNode,
  wanted: string | RegExp,
): (strings: TemplateStringsArray, ...values: CommandValue[]) => Condition<string> {
  return (strings, ...values) => {
    const text = commandText(strings, values)
    const succeeds = commandSucceeds(node, text)
    return {
      ...succeeds,
      what: `\`${text}\` to say ${shownPattern(wanted)} on ${node.name}`,
      async probe(look) {
        const seen = await succeeds.probe(look)
        if (!('done' in seen) || !seen.done || matches(seen.value, wanted)) return seen
        return { done: false, seen: seen.value.trim().split('\n').slice(-5).join('\n') || 'nothing' }
      },
    }
  }
}
