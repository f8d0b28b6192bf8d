import { mkdtemp, readFile, rm, watch } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { Command, InvalidArgumentError } from 'commander'
import { execa } from 'execa'
import { prepare } from '../scenario/index.js'
import { forkCluster, type Snapshot } from '../snapshot/index.js'
import { bootCluster, cloudAccess, machineSpec, type Cluster } from '../cluster/index.js'
import { directCommand, type Machine } from '../qemu/index.js'
import { Progress } from './progress.js'
import { findTopology } from './find-fixture.js'
import { interrupted } from './interrupt.js'

/** The figures of `docs/performance.md`; medians. */
interface Figures {
  accelerator: string
  fork_ready_s: number
  cold_ready_s: number
  fork_speedup: number
  fork_private_mib_per_node: number
  shell_rtt_ms: number
  port_wait_lag_ms: number
  boot_overhead_ratio: number
}

/** `stackrig bench`: every speed we claim, measured here and now. */
export function benchCommand(): Command {
  return new Command('bench')
    .description('measure what stackrig costs on this machine')
    .option('--runs <n>', 'how often each is measured', positive, 5)
    .option('--json', 'print one JSON document')
    .action(async ({ runs, json }: { runs: number; json?: boolean }) => {
      using progress = new Progress()
      const signal = interrupted
      const cloud = await prepare(await findTopology('three-node'), {
        signal,
        onProgress: progress.part('three-node'),
      })
      const small = await prepare(await findTopology('pocket'), {
        signal,
        onProgress: progress.part('pocket'),
      })
      progress.say('forking the cloud')
      const ready = await repeat(runs, () => measureFork(cloud))
      const privateMiB = await repeat(runs, () => measureMemory(cloud))
      progress.say('talking to a node')
      const talk = await measureTalk(small, runs)
      progress.say('booting the pocket image with and without stackrig, in turn')
      const ratios = await repeat(runs, () => measureBootRatio(small))
      const fork = median(ready) / 1000
      const figures: Figures = {
        accelerator: cloud.accelerator,
        fork_ready_s: round(fork),
        cold_ready_s: round(cloud.took / 1000),
        fork_speedup: round(cloud.took / 1000 / fork),
        fork_private_mib_per_node: round(median(privateMiB)),
        shell_rtt_ms: round(talk.rtt),
        port_wait_lag_ms: round(talk.lag),
        boot_overhead_ratio: round(median(ratios)),
      }
      if (json) process.stdout.write(`${JSON.stringify(figures, null, 2)}\n`)
      else
        for (const [key, value] of Object.entries(figures))
          process.stdout.write(`${key.padEnd(28)} ${value}\n`)
    })
}

/** From the request to a shell's answer on every node, and then to Keystone's; ms. */
async function measureFork(snapshot: Snapshot): Promise<number> {
  const started = performance.now()
  await using cluster = await forkCluster(snapshot, { signal: interrupted })
  await keystoneAnswers(cluster)
  return performance.now() - started
}

/** What a node has to itself right after the fork, MiB; the mean of all nodes. */
async function measureMemory(snapshot: Snapshot): Promise<number> {
  await using cluster = await forkCluster(snapshot, { signal: interrupted })
  const sizes = await Promise.all(cluster.nodes.map(({ machine }) => privateMemory(machine, cluster)))
  return sizes.reduce((sum, size) => sum + size, 0) / sizes.length
}

/** Any HTTP answer of Keystone: the version document needs no token. */
async function keystoneAnswers(cluster: Cluster): Promise<void> {
  const { hostname, host, port, pathname } = new URL(cloudAccess(cluster.topology).identityUrl)
  const socket = await cluster.dial(hostname, Number(port))
  socket.write(`GET ${pathname} HTTP/1.0\r\nHost: ${host}\r\n\r\n`)
  await new Promise<void>((resolve, reject) => socket.once('data', () => resolve()).once('error', reject))
  socket.destroy()
}

/** Private dirty memory of a node's QEMU, MiB (proc(5), smaps_rollup). */
async function privateMemory(machine: Machine, cluster: Cluster): Promise<number> {
  const { output } = await cluster.sandbox.run(['cat', `/proc/${await machine.thread()}/smaps_rollup`])
  return Number(/Private_Dirty:\s+(\d+)/.exec(output)?.[1]) / 1024
}

async function measureTalk(snapshot: Snapshot, runs: number): Promise<{ rtt: number; lag: number }> {
  await using cluster = await forkCluster(snapshot, { signal: interrupted })
  const [node] = cluster.nodes
  if (!node) throw new Error('a topology without nodes')
  // With pauses, in which the node forks the next subshell: what a command costs, not how many fit into a second.
  const trips = await repeat(runs * 20, async () => {
    await delay(3)
    return (await node.execute(':')).duration
  })
  const lags: number[] = []
  for (let run = 0; run < runs; run++) {
    const port = 4000 + run
    const open = node.waitForPort(port, { timeout: '60s' }).then(() => performance.now())
    // The node says when its port is open. A server that stays: one that ends with its first connection may be gone
    // before the node has looked.
    const listening = await node
      .execute(
        `(httpd -f -p ${port} -h / >/dev/null 2>&1 &) ; until grep -q ":$(printf %04X ${port}) .* 0A " /proc/net/tcp /proc/net/tcp6; do :; done`,
      )
      .then(() => performance.now())
    lags.push(Math.max(0, (await open) - listening))
  }
  return { rtt: median(trips), lag: median(lags) }
}

/** Until the login prompt: through stackrig, and with the same QEMU command by hand, one right after the other. */
async function measureBootRatio(snapshot: Snapshot): Promise<number> {
  const topology = { ...snapshot.topology, nodes: snapshot.topology.nodes.slice(0, 1) }
  const logFolder = await mkdtemp(join(tmpdir(), 'stackrig-bench-'))
  try {
    const started = performance.now()
    const booting = bootCluster(topology, { ...snapshot, logFolder, signal: interrupted })
    const prompt = await promptIn(logFolder, `${topology.nodes[0]?.name ?? ''}.console.log`, booting)
    const through = prompt - started
    await using cluster = await booting
    const [node] = cluster.nodes
    if (!node) throw new Error('a topology without nodes')
    await cluster.close()
    const { disk, memory } = node.machine.spec
    const within = { topology, machines: snapshot, logFolder }
    const spec = machineSpec(within, node.plan, { storage: { disk, memory, incoming: false } })
    return through / (await bootByHand(byHand(directCommand(spec), logFolder)))
  } finally {
    await rm(logFolder, { recursive: true, force: true })
  }
}

/** When the console shows a login prompt. Told by the kernel: to look again and again would take time from the guest. */
async function promptIn(folder: string, log: string, booting: Promise<unknown>): Promise<number> {
  const failed = new AbortController()
  booting.catch((error: unknown) => failed.abort(error))
  try {
    for await (const { filename } of watch(folder, { signal: failed.signal })) {
      if (filename === log && (await readFile(join(folder, log), 'latin1')).includes('login:')) break
    }
    return performance.now()
  } catch (error) {
    failed.signal.throwIfAborted()
    throw error
  }
}

/** The command line of a node as a person would type it: no sandbox, no sockets, the console on standard output. */
function byHand(command: string[], folder: string): string[] {
  return command
    .filter((word) => word !== '-S')
    .map((word) =>
      word
        .replace(/^tap,.*/, 'user,id=net0,restrict=on')
        .replace(/^socket,id=console,.*/, 'stdio,id=console')
        .replace(/^socket,id=(\w+),.*/, 'null,id=$1')
        .replace(/^unix:.*/, 'null')
        .replace(/mem-path=[^,]*/, `mem-path=/dev/shm/${basename(folder)}`),
    )
}

async function bootByHand([program = '', ...args]: string[]): Promise<number> {
  const started = performance.now()
  const qemu = execa(program, args, {
    reject: false,
    stdin: 'ignore',
    cancelSignal: interrupted,
    buffer: false,
  })
  let heard = ''
  for await (const data of qemu.stdout) {
    heard += String(data)
    if (heard.includes('login:')) break
  }
  const took = performance.now() - started
  qemu.kill('SIGKILL')
  await qemu
  const memory = args.find((arg) => arg.includes('mem-path='))
  await rm(/mem-path=([^,]*)/.exec(memory ?? '')?.[1] ?? '', { force: true })
  return took
}

function positive(text: string): number {
  const runs = Number(text)
  if (Number.isInteger(runs) && runs > 0) return runs
  throw new InvalidArgumentError('a whole number above 0 is wanted')
}

async function repeat<T>(times: number, measure: () => Promise<T>): Promise<T[]> {
  const results: T[] = []
  for (let run = 0; run < times; run++) results.push(await measure())
  return results
}

function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

const round = (value: number): number => Math.round(value * 1000) / 1000
