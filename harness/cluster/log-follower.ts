import { setTimeout as delay } from 'node:timers/promises'
import type { Shell } from '../guest/index.js'
import { noTimeline } from '../timeline/index.js'
import type { Cluster } from './cluster.js'
import { FileLines, JournalLines } from './log-lines.js'
import { followLogs } from './log-words.js'
import type { RunningNode } from './node.js'

/** ms until a log is followed again that something else took the channel of. */
const pause = 1000

/**
 * Follows the logs of a node into the timeline of its cluster, from now on and as long as both live. It takes one of the
 * node's channels, and gives it up as soon as a command needs it: the journal then goes on where it ended, of files the lines
 * between are not told.
 */
export async function followNode(cluster: Cluster, node: RunningNode, shellOf: () => Shell): Promise<void> {
  const { timeline, stopping } = cluster
  if (timeline === noTimeline) return
  const hostTime = (guestTime: number): number => guestTime + cluster.clockBehind
  const journal = new JournalLines(node.name, hostTime)
  // A fork goes on since some tenths of a second.
  const since = (Date.now() - cluster.clockBehind) / 1000 - 2
  while (!stopping.aborted) {
    const files = new FileLines(node.name, hostTime)
    const place = journal.cursor === undefined ? { since } : { cursor: journal.cursor }
    if (node.isOn)
      await shellOf()
        .follow(followLogs(node.contract.init, place), {
          signal: stopping,
          onOutput: (stream, data) => timeline.add(...(stream === 'stdout' ? journal : files).add(data)),
        })
        .catch(() => undefined)
    await delay(pause, undefined, { signal: stopping, ref: false }).catch(() => undefined)
  }
}
