import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { LentChannels, Shell } from '../guest/index.js'
import { HeldLock } from '../held-lock.js'
import { Machine, qmpLock, qmpSocket } from '../qemu/index.js'
import { bootNode, diskFile, type BootNodeOptions } from './boot-node.js'
import type { Cluster } from './cluster.js'
import { consoleLogOf } from './console-log.js'
import { tapOf, watchGuest, type Launched } from './launch.js'
import { noShell } from './no-shell.js'
import type { TopologyNode } from './topology.js'

/** How long others may talk to a node's QEMU before that is told, ms. */
const turnTime = 90_000

/**
 * A node that another process started, also one that is off, which then has no shell. Its channels are taken when commands need them.
 * @throws StackrigError NODE_HELD, QMP_FAILED
 */
export async function attachNode(cluster: Cluster, node: TopologyNode): Promise<Launched> {
  const { name } = node
  const { sandbox, logFolder, stopping, topology } = cluster
  const consoleLog = consoleLogOf(logFolder, name)
  const disk = diskFile(cluster, name)
  const facts = { name, consoleLog, tap: tapOf(topology, node), disk: existsSync(disk) ? disk : undefined }
  const machine = await Machine.attach(sandbox, facts, stopping)
  const { expected, signal } = watchGuest(machine, facts, stopping)
  const expectCrash = (): void => expected.abort()
  if (machine.ended.aborted)
    return { machine, shell: noShell(name, 'it is off', signal), signal, expectCrash }
  const more = new LentChannels({ node: name, folder: sandbox.folder, signal })
  const shell = new Shell(name, { ender: more.ender, work: [], more }, signal)
  return { machine, shell, signal, expectCrash }
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
