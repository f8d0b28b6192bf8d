import { waitFor, type Seen } from '../waits/index.js'
import type { Cluster } from './cluster.js'

// Looks at intervals of two seconds.
const oneMinute = 30

/**
 * Waits until the nodes have just used less of the host's processors than in three quarters of the last minute or more:
 * what they are in the middle of when they are saved, every fork would have to finish before it answers.
 */
export async function quietMoment(cluster: Cluster): Promise<void> {
  // Now, so that it is over by then: what is written later is little.
  await Promise.all(cluster.nodes.map((node) => node.run`sync`))
  const threads = await Promise.all(cluster.nodes.map(({ machine }) => machine.thread()))
  const statistics = threads.map((thread) => `/proc/${thread}/stat`)
  const used = async (): Promise<number> => ticks((await cluster.sandbox.run(['cat', ...statistics])).output)
  const uses: number[] = []
  let before = await used()
  const look = async (): Promise<Seen<number>> => {
    const now = await used()
    const use = now - before
    before = now
    uses.push(use)
    const quieter = uses.filter((other) => other < use).length
    return uses.length > oneMinute && quieter < uses.length / 4
      ? { done: true, value: use }
      : { done: false, seen: `${quieter} of ${uses.length} intervals were quieter than the last` }
  }
  await waitFor(
    { what: 'a quiet moment', probe: look },
    { timeout: '10min', interval: '2s', signal: cluster.signal },
  )
}

/** Processor time of these processes, in ticks (proc(5), /proc/PID/stat: utime and stime). */
function ticks(lines: string): number {
  const fields = lines
    .trim()
    .split('\n')
    .map((line) => line.slice(line.lastIndexOf(')') + 2).split(' '))
  return fields.reduce((sum, each) => sum + Number(each[11]) + Number(each[12]), 0)
}
