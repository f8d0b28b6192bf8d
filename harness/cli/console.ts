import { Command } from 'commander'
import { attachByName, namedNode } from './attach-by-name.js'
import { joinTerminal } from './terminal.js'

/** `stackrig console NODE`: the serial console of a running node. */
export function consoleCommand(): Command {
  return new Command('console')
    .description('join the serial console of a running node (leave with Ctrl-])')
    .argument('<node>', 'name of the node')
    .option('--cluster <name>', 'name of the cluster, when several are running')
    .action(async (nodeName: string, options: { cluster?: string }) => {
      await using cluster = await attachByName(options.cluster)
      const stream = await namedNode(cluster, nodeName).openConsole()
      // The prompt was printed long ago.
      stream.write('\n')
      process.stderr.write(`${await joinTerminal(stream)}\n`)
    })
}
