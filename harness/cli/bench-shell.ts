import { setTimeout as delay } from 'node:timers/promises'
import { forkCluster, type Snapshot } from '../snapshot/index.js'
import { median, repeat } from './figures.js'
import { interrupted } from './interrupt.js'

/** ms that a command takes, and that a wait for a port comes later than the port. */
export async function measureShell(snapshot: Snapshot, runs: number): Promise<{ rtt: number; lag: number }> {
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
