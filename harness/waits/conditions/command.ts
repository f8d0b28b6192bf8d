import { commandText, type CommandValue } from '../../command-text.js'
import type { Condition } from '../condition.js'

/** What a condition that runs commands has to know of a node. */
export interface CommandNode {
  readonly name: string
  readonly signal?: AbortSignal
  execute(
    command: string,
    options: {
      timeout: number
      signal: AbortSignal
      onOutput?: (stream: 'stdout' | 'stderr', data: Buffer) => void
    },
  ): Promise<{ exitCode: number; stdout: Buffer; stderr: Buffer }>
}

/** A command exits zero on the node; its value: what it printed then. ``command(node)`ip route get ${address}` `` */
export function command(
  node: CommandNode,
): (strings: TemplateStringsArray, ...values: CommandValue[]) => Condition<string> {
  return (strings, ...values) => commandSucceeds(node, commandText(strings, values))
}

/** As `command`, of a text that is a command already. One run of it has all the time that is left. */
export function commandSucceeds(node: CommandNode, text: string): Condition<string> {
  return {
    what: `\`${text}\` to succeed on ${node.name}`,
    signal: node.signal,
    async probe({ signal, timeLeft }) {
      const { exitCode, stdout, stderr } = await node.execute(text, { timeout: timeLeft, signal })
      return exitCode === 0
        ? { done: true, value: stdout.toString() }
        : { done: false, seen: lastWords(stdout, stderr) || `it exited ${exitCode} and said nothing` }
    },
  }
}

function lastWords(stdout: Buffer, stderr: Buffer): string {
  return `${stdout.toString()}\n${stderr.toString()}`.trim().split('\n').slice(-5).join('\n')
}
