import { Command } from 'commander'
import { join } from 'node:path'
import { StackrigError } from '../errors/index.js'
import { connectWhenListening, consoleSocket } from '../qemu/index.js'
import { findNode, findRunning } from './running.js'
import { interrupted } from './interrupt.js'
import { joinTerminal } from './terminal.js'

/** `stackrig console NODE`: the serial console of a running node. */
export function consoleCommand(): Command {
  return new Command('console')
    .description('join the serial console of a running node (leave with Ctrl-])')
    .argument('<node>', 'name of the node')
    .option('--cluster <name>', 'name of the cluster, when several are running')
    .action(async (nodeName: string, options: { cluster?: string }) => {
      const cluster = await findRunning(options.cluster)
      const node = findNode(cluster, nodeName)
      const late = new AbortController()
      const timer = setTimeout(() => late.abort(new Error('nobody listened for 10 s')), 10_000)
      const listening = AbortSignal.any([interrupted, late.signal])
      const socket = join(cluster.folder, consoleSocket(node.name))
      const connecting = connectWhenListening(socket, listening).finally(() => clearTimeout(timer))
      const stream = await connecting.catch((cause: unknown) => {
        throw new StackrigError('SHELL_LOST', `node ${node.name} must be on to have a console`, {
          where: socket,
          cause,
        })
      })
      // The prompt was printed long ago.
      stream.write('\n')
      process.stderr.write(`${await joinTerminal(stream)}\n`)
      process.exit(0)
    })
}
