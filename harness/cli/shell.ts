import { randomBytes } from 'node:crypto'
import type { Socket } from 'node:net'
import { Command } from 'commander'
import { join } from 'node:path'
import { StackrigError } from '../errors/index.js'
import { errorPort, outputPort, ShellChannel } from '../guest/index.js'
import { connectWhenListening, portSocket } from '../qemu/index.js'
import { settings } from '../settings.js'
import { quoteWord } from '../shell-word.js'
import { interrupted } from './interrupt.js'
import { findNode, findRunning, type RunningCluster } from './running.js'
import { joinTerminal } from './terminal.js'

/** `stackrig shell NODE [COMMAND]`: a login shell in a terminal of its own, or one command. */
export function shellCommand(): Command {
  return new Command('shell')
    .description('open a root shell on a running node (leave with exit or Ctrl-]), or run one command')
    .argument('<node>', 'name of the node')
    .argument('[command...]', 'run this instead, and exit with its status')
    .option('--cluster <name>', 'name of the cluster, when several are running')
    .passThroughOptions()
    .action(async (nodeName: string, command: string[], options: { cluster?: string }) => {
      const cluster = await findRunning(options.cluster)
      const node = findNode(cluster, nodeName)
      // As with kubectl exec: nothing after it is an option of ours, and it is no word of the command.
      if (command[0] === '--') command.shift()
      if (command.length > 0) process.exit(await runCommand(cluster, node.name, command))
      await openShell(cluster, node.name)
      process.exit(0)
    })
}

/** The last channel is for commands and terminals, the first ends what was given up; a cluster that is up has no other user. */
const channel = { work: 3, end: 0 }

async function runCommand(cluster: RunningCluster, node: string, words: string[]): Promise<number> {
  const shell = await openChannel(cluster, node, channel.work, interrupted)
  const command = words.length === 1 ? (words[0] ?? '') : words.map(quoteWord).join(' ')
  try {
    const { exitCode } = await shell.run(command, interrupted, (stream, data) => process[stream].write(data))
    return exitCode
  } catch (error) {
    // Otherwise the command goes on, and the next one finds its channel taken.
    if (interrupted.aborted && shell.ending !== undefined)
      await endCommand(cluster, node, shell.ending).catch(() => undefined)
    throw error
  } finally {
    shell.close()
  }
}

async function endCommand(cluster: RunningCluster, node: string, ending: string): Promise<void> {
  const limit = AbortSignal.timeout(30_000)
  const shell = await openChannel(cluster, node, channel.end, limit)
  await shell.run(ending, limit).finally(() => shell.close())
}

/** @throws StackrigError SHELL_LOST when it does not answer within a minute. */
async function openChannel(
  cluster: RunningCluster,
  node: string,
  number: number,
  signal: AbortSignal,
): Promise<ShellChannel> {
  const late = new AbortController()
  const timer = setTimeout(() => {
    const next = 'end the other shell, or wait for it; a node that was switched off has none'
    late.abort(new StackrigError('SHELL_LOST', `the shell of node ${node} must answer`, { next }))
  }, 60_000)
  const either = AbortSignal.any([signal, late.signal])
  const connect = (port: string): Promise<Socket> =>
    connectWhenListening(join(cluster.folder, portSocket(node, port)), either)
  let shell: ShellChannel | undefined
  try {
    shell = new ShellChannel(node, await connect(outputPort(number)), await connect(errorPort(number)))
    await shell.start(either)
    return shell
  } catch (error) {
    shell?.close()
    throw error
  } finally {
    clearTimeout(timer)
  }
}

/**
 * script(1) gives the shell a terminal of its own inside the node: line editing, colours, Ctrl-C. Images without it get
 * a shell that reads whole lines, edited by the terminal outside.
 */
async function openShell(cluster: RunningCluster, node: string): Promise<void> {
  const shell = await openChannel(cluster, node, channel.work, interrupted)
  const { exitCode } = await shell.run('command -v script >/dev/null', interrupted)
  const raw = exitCode === 0
  // The port stays open when the shell ends, so it says so.
  const end = randomBytes(9).toString('hex')
  // A command's input is empty. Its output is the port, which can be read as well.
  const command = `${raw ? terminalShell() : "PS1='# ' sh -i 2>&1"} <&1; echo ${end}`
  const stream = await shell.release(command, interrupted)
  process.stderr.write(`${await joinTerminal(stream, { end, raw })}\n`)
}

function terminalShell(): string {
  // Not a terminal: no size.
  const [columns, rows] = process.stdout.isTTY ? process.stdout.getWindowSize() : [80, 24]
  const size = `stty rows ${rows} cols ${columns} 2>/dev/null; TERM=${quoteWord(settings().terminal)}; export TERM`
  const login = 'if command -v bash >/dev/null; then exec bash -il; else exec sh -il; fi'
  return `script -qc ${quoteWord(`${size}; cd; ${login}`)} /dev/null`
}
