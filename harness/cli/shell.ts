import { randomBytes } from 'node:crypto'
import { Command } from 'commander'
import type { RunningNode } from '../cluster/index.js'
import { settings } from '../settings.js'
import { quoteWord } from '../shell-word.js'
import { interrupted } from './interrupt.js'
import { attachByName, namedNode } from './attach-by-name.js'
import { joinTerminal, shellEnded } from './terminal.js'

/** `stackrig shell NODE [COMMAND]`: a login shell in a terminal of its own, or one command. */
export function shellCommand(): Command {
  return new Command('shell')
    .description('open a root shell on a running node (leave with exit or Ctrl-]), or run one command')
    .argument('<node>', 'name of the node')
    .argument('[command...]', 'run this instead, and exit with its status')
    .option('--cluster <name>', 'name of the cluster, when several are running')
    .passThroughOptions()
    .action(async (nodeName: string, command: string[], options: { cluster?: string }) => {
      // As with kubectl exec: nothing after it is an option of ours, and it is no word of the command.
      if (command[0] === '--') command.shift()
      await using cluster = await attachByName(options.cluster)
      const node = namedNode(cluster, nodeName)
      if (command.length > 0) process.exitCode = await runCommand(node, command)
      else await openShell(node)
    })
}

async function runCommand(node: RunningNode, words: string[]): Promise<number> {
  const command = words.length === 1 ? (words[0] ?? '') : words.map(quoteWord).join(' ')
  const { exitCode } = await node.execute(command, {
    ...{ timeout: 'none', signal: interrupted },
    // What was said is not needed a second time.
    outputLimit: 2,
    onOutput: (stream, data) => process[stream].write(data),
  })
  return exitCode
}

/**
 * script(1) gives the shell a terminal of its own inside the node: line editing, colours, Ctrl-C. Images without it get
 * a shell that reads whole lines, edited by the terminal outside.
 */
async function openShell(node: RunningNode): Promise<void> {
  const login = 'if command -v bash >/dev/null; then exec bash -il; else exec sh -il; fi'
  process.stderr.write(`${await terminalOn(node, { raw: `cd; ${login}`, lines: "PS1='# ' sh -i" })}\n`)
}

/**
 * Gives a command on a node this terminal.
 * @param command for a terminal of its own, and for one that reads whole lines
 * @returns why it ended, for people
 */
export async function terminalOn(
  node: RunningNode,
  command: { raw: string; lines: string },
): Promise<string> {
  const { exitCode } = await node.execute('command -v script >/dev/null', { signal: interrupted })
  const raw = exitCode === 0
  // The port stays open when the shell ends, so it says so.
  const end = randomBytes(9).toString('hex')
  // A command's input is empty. Its output is the port, which can be read as well.
  const words = `${raw ? inTerminal(command.raw) : `${command.lines} 2>&1`} <&1; echo ${end}`
  const { stream, ended } = await node.converse(words, interrupted)
  const why = await joinTerminal(stream, { end, raw })
  if (why === shellEnded) ended()
  return why
}

function inTerminal(command: string): string {
  // Not a terminal: no size.
  const [columns, rows] = process.stdout.isTTY ? process.stdout.getWindowSize() : [80, 24]
  const size = `stty rows ${rows} cols ${columns} 2>/dev/null; TERM=${quoteWord(settings().terminal)}; export TERM`
  return `script -qc ${quoteWord(`${size}; ${command}`)} /dev/null`
}
