import { mkdtemp, readFile, rm, watch } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { execa } from 'execa'
import { bootCluster, machineSpec } from '../cluster/index.js'
import { directCommand } from '../qemu/index.js'
import type { Snapshot } from '../snapshot/index.js'
import { interrupted } from './interrupt.js'

/** Until the login prompt: through stackrig, and with the same QEMU command by hand, one right after the other. */
export async function measureBootRatio(snapshot: Snapshot): Promise<number> {
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
