import { Command } from 'commander'
import { createTwoFilesPatch } from 'diff'
import { styleText } from 'node:util'
import { prepareImages, type Start } from '../cloud/index.js'
import { prepare } from '../scenario/index.js'
import { forkCluster } from '../snapshot/index.js'
import {
  bootCluster,
  coldStart,
  planProvision,
  type BootOptions,
  type ChangedFile,
  type Cluster,
  type Topology,
} from '../cluster/index.js'
import { humanDuration } from '../duration.js'
import { showControls, StackrigError } from '../errors/index.js'
import { interrupted } from './interrupt.js'
import { Progress } from './progress.js'
import { described, keptCluster, keptClusters } from './kept-clusters.js'
import { findStart, findTopology } from './find-fixture.js'

/** `stackrig up`: a fork that goes on running until `stackrig down`. */
export function upCommand(): Command {
  return new Command('up')
    .description('fork a topology, or a stage of one, and leave it running')
    .argument('[start]', 'name of a file in fixtures/topologies or fixtures/stages', 'three-node')
    .option('--name <name>', 'name of the cluster (default: that of what is forked)')
    .option('--cold', 'boot and provision instead of forking, and do not wait until the cloud is ready')
    .option('--dry-run', "boot, print what provisioning would change in the nodes' files, and end")
    .option('--json', 'print one JSON document')
    .action(async (startName: string, options: UpOptions) => {
      if (options.dryRun) return dryRun(await findTopology(startName), options)
      const cold = options.cold ? await findTopology(startName) : undefined
      const start = cold ?? (await findStart(startName))
      const name = options.name ?? startName
      if ((await keptClusters()).some((cluster) => cluster.name === name)) {
        throw new StackrigError('USAGE', `a cluster "${name}" is already running`, {
          next: `npx stackrig down ${name}, or give this one another --name`,
        })
      }
      using progress = new Progress()
      const { cluster, took } = await (cold ? boot(cold, progress) : fork(start, progress))
      const [first] = cluster.nodes
      await cluster.keep(name)
      const kept = await keptCluster(name)
      if (options.json) process.stdout.write(`${JSON.stringify(described(kept), null, 2)}\n`)
      else {
        process.stdout.write(`${styleText('bold', name)} is up after ${humanDuration(took)}\n`)
        for (const node of kept.topology.nodes)
          process.stdout.write(`  ${node.name.padEnd(12)} ${node.address}\n`)
        process.stdout.write(`npx stackrig shell ${first?.name ?? 'NODE'}\n`)
        process.stdout.write(`npx stackrig down ${name}\n`)
      }
      // The nodes' processes, which it has started, would keep this one alive.
      process.exit(0)
    })
}

interface UpOptions {
  name?: string
  cold?: boolean
  dryRun?: boolean
  json?: boolean
}

/** A cluster, and how long it took from its request to its answer, ms. */
interface Up {
  cluster: Cluster
  took: number
}

async function fork(start: Start, progress: Progress): Promise<Up> {
  const snapshot = await prepare(start, { signal: interrupted, onProgress: progress.say })
  const started = performance.now()
  const cluster = await forkCluster(snapshot, { signal: interrupted })
  return { cluster, took: performance.now() - started }
}

async function boot(topology: Topology, progress: Progress): Promise<Up> {
  const run = await bootOptions(topology, progress)
  const started = performance.now()
  const cluster = await coldStart(topology, run)
  return { cluster, took: performance.now() - started }
}

async function bootOptions(topology: Topology, progress: Progress): Promise<BootOptions> {
  const run = { signal: interrupted, onProgress: progress.say }
  return { ...run, ...(await prepareImages(topology, run)) }
}

/** Shows the images as they were shipped against what the topology makes of them. */
async function dryRun(topology: Topology, { json }: UpOptions): Promise<void> {
  using progress = new Progress()
  await using cluster = await bootCluster(topology, await bootOptions(topology, progress))
  const changes = await planProvision(cluster)
  if (json) process.stdout.write(`${JSON.stringify(changes, null, 2)}\n`)
  else process.stdout.write(showControls(changes.map(patch).join('\n')))
}

const patch = ({ node, file, before, after }: ChangedFile): string =>
  createTwoFilesPatch(`${node}:${file}`, `${node}:${file}`, before, after, 'as shipped', 'provisioned', {
    context: 1,
  })
