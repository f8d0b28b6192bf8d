import { Machine } from '../qemu/index.js'
import { diskOf } from './boot-node.js'
import type { Cluster } from './cluster.js'
import { consoleLogOf } from './console-log.js'
import { makeConsoleLog, tapOf, type Launched } from './launch.js'
import { noShell } from './no-shell.js'
import type { TopologyNode } from './topology.js'

/** A node that is switched off, of which nothing was started; `RunningNode.powerOn` boots it. */
export async function offNode(cluster: Cluster, node: TopologyNode): Promise<Launched> {
  const { name } = node
  const { sandbox, logFolder, topology } = cluster
  const consoleLog = consoleLogOf(logFolder, name)
  const facts = { name, consoleLog, tap: tapOf(topology, node), disk: diskOf(cluster, node) }
  makeConsoleLog(facts)
  const machine = await Machine.off(sandbox, facts)
  const { signal } = machine
  return { machine, shell: noShell(name, 'it is off', signal), signal, expectCrash: () => undefined }
}
