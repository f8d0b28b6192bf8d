import { join } from 'node:path'
import type { Cluster, RunningNode } from '../cluster/index.js'
import { StackrigError } from '../errors/index.js'
import { HeldLock } from '../held-lock.js'
import { qmpLock, qmpSocket } from '../qemu/index.js'
import { isListenedTo } from '../sandbox/index.js'

/**
 * Makes sure that a node which is off stays off until the returned function is called: its disk must not be written to while it is cut.
 * A process is not told when another has switched a node of a kept cluster on.
 * @throws StackrigError USAGE when that has happened, or is under way
 */
export async function holdOff({ name }: RunningNode, cluster: Cluster): Promise<() => Promise<void>> {
  if (!cluster.isShared) return () => Promise.resolve()
  const socket = join(cluster.sandbox.folder, qmpSocket(name))
  // Who only looks at the node, as whoever attaches does, holds it for a moment.
  const lock = await HeldLock.take(qmpLock(socket), `the control connection of ${name}`, {
    timeout: 5000,
    signal: cluster.stopping,
  }).catch(() => undefined)
  if (lock && !(await isListenedTo(socket))) return () => lock.giveBack()
  await lock?.giveBack()
  throw new StackrigError('USAGE', 'a moment can be taken of nodes whose power this process knows of', {
    where: `node ${name}`,
    seen: 'it was off, and is switched on by now, or is being switched on',
    next: 'attach to the cluster anew',
  })
}
