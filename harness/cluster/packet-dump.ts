import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { messageOf } from '../errors/index.js'
import type { Machine } from '../qemu/index.js'
import { nodeLane, type Timeline } from '../timeline/index.js'

/** Bytes of each frame: all headers, and what most requests begin with. */
const longestFrame = 512

/** Of QEMU's object. */
const id = 'packets'

/** What ends the name of a node's packets, in the folder of its console. */
export const packetsEnding = '.pcap'

/** The file for what comes to a node and goes from it; none where it cannot be made. */
export function packetFile(timeline: Timeline, name: string, folder: string): string | undefined {
  try {
    return newFile(folder, name)
  } catch (error) {
    notWritten(timeline, name, error)
    return undefined
  }
}

/**
 * Has QEMU write down what comes to a node and goes from it, from before it runs on (QEMU QMP Reference Manual, filter-dump). tcpdump
 * on the bridge would need a right that a user namespace does not give. A node that cannot be looked at so runs all the same.
 */
export async function dumpPackets(timeline: Timeline, machine: Machine): Promise<void> {
  const { packets: file } = machine.spec
  try {
    if (file === undefined) throw new Error('no file for them could be made when it was started')
    const options = { netdev: 'net0', file, maxlen: longestFrame }
    await machine.qmp.execute('object-add', { 'qom-type': 'filter-dump', id, ...options })
  } catch (error) {
    notWritten(timeline, machine.spec.name, error)
  }
}

function notWritten(timeline: Timeline, name: string, error: unknown): void {
  const text = `its packets are not written down: ${messageOf(error)}`
  timeline.add({ lane: nodeLane(name), kind: 'note', text })
}

/** Ends it; what was written stays. */
export async function endPackets({ qmp, ended }: Machine): Promise<void> {
  if (!ended.aborted) await qmp.execute('object-del', { id }).catch(() => undefined)
}

/** A file for the owner alone: QEMU keeps the mode of what is there. A node that boots again gets one more. */
function newFile(folder: string, name: string): string {
  for (let n = 1; ; n++) {
    const path = join(folder, `${name}${n === 1 ? '' : `.${n}`}${packetsEnding}`)
    try {
      closeSync(openSync(path, 'wx', 0o600))
      return path
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
  }
}
