import { Command } from 'commander'
import { humanDuration } from '../duration.js'
import { readPublished } from '../sandbox/index.js'
import { described, keptClusters } from './kept-clusters.js'
import { describePort } from './publish-ports.js'

/** `stackrig ps`: what `stackrig up` left running. */
export function psCommand(): Command {
  return new Command('ps')
    .description('list running clusters')
    .option('--json', 'print one JSON document')
    .action(async ({ json }: { json?: boolean }) => {
      const running = await keptClusters()
      if (json) {
        process.stdout.write(`${JSON.stringify(running.map(described), null, 2)}\n`)
        return
      }
      if (running.length === 0) process.stdout.write('nothing is running; npx stackrig up\n')
      for (const cluster of running) {
        const age = humanDuration(Date.now() - Date.parse(cluster.started))
        process.stdout.write(`${cluster.name}  (${cluster.topology.name}, up for ${age})\n`)
        for (const node of cluster.topology.nodes)
          process.stdout.write(`  ${node.name.padEnd(12)} ${node.address}\n`)
        for (const port of readPublished(cluster.folder))
          process.stdout.write(`  ${describePort(cluster.topology, port)}\n`)
      }
    })
}
