import { Command } from 'commander'
import { Sandbox } from '../sandbox/index.js'
import { findRunning, listRunning } from './running.js'

/** `stackrig down`: ends a cluster, and with it every process and file of it. */
export function downCommand(): Command {
  return new Command('down')
    .description('end a running cluster')
    .argument('[cluster]', 'its name; may be left out when only one is running')
    .option('--all', 'end all of them')
    .action(async (name: string | undefined, { all }: { all?: boolean }) => {
      const clusters = all ? await listRunning() : [await findRunning(name)]
      for (const cluster of clusters) {
        await (await Sandbox.attach(cluster.folder)).close()
        process.stdout.write(`${cluster.name} is down\n`)
      }
    })
}
