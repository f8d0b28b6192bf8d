import { Command } from 'commander'
import { Sandbox } from '../sandbox/index.js'
import { keptCluster, keptClusters } from './kept-clusters.js'

/** `stackrig down`: ends a cluster, and with it every process and file of it. */
export function downCommand(): Command {
  return new Command('down')
    .description('end a running cluster')
    .argument('[cluster]', 'its name; may be left out when only one is running')
    .option('--all', 'end all of them')
    .action(async (name: string | undefined, { all }: { all?: boolean }) => {
      const clusters = all ? await keptClusters() : [await keptCluster(name)]
      for (const cluster of clusters) {
        // The sandbox alone: a node that does not answer any more must not stand in the way.
        await (await Sandbox.attach(cluster.folder)).close()
        process.stdout.write(`${cluster.name} is down\n`)
      }
    })
}
