import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { LentChannels, Shell, watchForCrash } from '../guest/index.js'
import { HeldLock } from '../held-lock.js'
import { Machine, qmpLock, qmpSocket } from '../qemu/index.js'
import { bootNode, diskFile, type BootNodeOptions } from './boot-node.js'
import type { Cluster } from './cluster.js'
import { consoleLogOf, type Launched } from './launch.js'
import type { TopologyNode } from './topology.js'

/** How long others may talk to a node's QEMU before that is told, ms. */
const turnTime = 90_000

/**
 * A node that another process started, also one that is off. Its channels are taken when commands need them.
 * @throws StackrigError NODE_HELD, QMP_FAILED
 */
export async function attachNode(cluster: Cluster, { name }: TopologyNode): Promise<Launched> {
  const { sandbox, logFolder, stopping } = cluster
  const consoleLog = consoleLogOf(logFolder, name)
  const disk = diskFile(cluster, name)
  const facts = { name, consoleLog, disk: existsSync(disk) ? disk : undefined }
  const machine = await Machine.attach(sandbox, facts, stopping)
  const crashed = new AbortController()
  watchForCrash(name, consoleLog, crashed, AbortSignal.any([stopping, machine.ended])).catch(
    (error: unknown) => crashed.abort(error),
  )
  const signal = AbortSignal.any([machine.signal, crashed.signal])
  const more = new LentChannels({ node: name, folder: sandbox.folder, signal })
  return { machine, shell: new Shell(name, { ender: more.ender, work: [], more }, signal), signal }
}

/**
 * Boots a node of a cluster that other processes may be attached to, and lets go of it as soon as its shells answer: it is
 * theirs as well.
 * @throws StackrigError NODE_HELD, and those of `bootNode`.
 */
export async function bootSharedNode(
  cluster: Cluster,
  node: TopologyNode,
  options: BootNodeOptions,
): Promise<Launched> {
  const qmp = qmpLock(join(cluster.sandbox.folder, qmpSocket(node.name)))
  const what = `the control connection of ${node.name}`
  const lock = await HeldLock.take(qmp, what, { timeout: turnTime, signal: cluster.stopping })
  try {
    const { machine, shell } = await bootNode(cluster, node, options)
    shell.close()
    machine.letGo()
  } finally {
    await lock.giveBack()
  }
  return attachNode(cluster, node)
}
