import { Command } from 'commander'
import { createTwoFilesPatch } from 'diff'
import { isStage, prepareImages, type Start } from '../cloud/index.js'
import { findStart, findTopology, prepare } from '../scenario/index.js'
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
import { showControls } from '../errors/index.js'
import type { Sandbox } from '../sandbox/index.js'
import { interrupted } from './interrupt.js'
import { Progress } from './progress.js'
import { leaveRunning, requireFreeName } from './leave-running.js'
import { portOption, portsOf, type WantedPort } from './publish-ports.js'

/** `stackrig up`: a fork that goes on running until `stackrig down`. */
export function upCommand(): Command {
  return new Command('up')
    .description('fork a topology, or a stage of one, and leave it running')
    .argument('[start]', 'name of a file in fixtures/topologies or fixtures/stages', 'three-node')
    .option('--name <name>', 'name of the cluster (default: that of what is forked)')
    .option('--cold', 'boot and provision instead of forking, and do not wait until the cloud is ready')
    .option('--dry-run', "boot, print what provisioning would change in the nodes' files, and end")
    .option(
      '--publish <ports>',
      'also on 127.0.0.1 until down: 8080, NODE:8080 or 8081:NODE:8080; several with commas',
      portOption,
    )
    .option('--json', 'print one JSON document')
    .action(async (startName: string, options: UpOptions) => {
      if (options.dryRun) return dryRun(await findTopology(startName), options)
      const cold = options.cold ? await findTopology(startName) : undefined
      const start = cold ?? (await findStart(startName))
      const name = options.name ?? startName
      await requireFreeName(name)
      const ports = portsOf(isStage(start) ? start.topology : start, options.publish ?? [])
      using progress = new Progress()
      const { cluster, took } = await (cold ? boot(cold, progress) : fork(start, progress))
      if (ports.length > 0) await publish(cluster, ports)
      await leaveRunning(cluster, { name, took, json: options.json })
    })
}

interface UpOptions {
  name?: string
  cold?: boolean
  dryRun?: boolean
  publish?: WantedPort[]
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

/** A cluster without the ports that were asked for is none that was asked for. */
async function publish(cluster: Cluster, ports: Parameters<Sandbox['publish']>[0]): Promise<void> {
  try {
    await cluster.sandbox.publish(ports)
  } catch (error) {
    await cluster.close()
    throw error
  }
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
