import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Cluster } from '../cluster/index.js'
import { messageOf } from '../errors/index.js'

/**
 * Keeps what the nodes' logs say, beside their consoles. A node that cannot answer any more leaves its console only; one
 * that is too slow, what it said until the time-out.
 */
export async function collectLogs(cluster: Cluster, folder: string): Promise<void> {
  const { logs } = cluster.topology.contract
  if (logs === undefined) return
  await mkdir(folder, { recursive: true })
  await Promise.all(
    cluster.nodes.map(async (node) => {
      const read: Buffer[] = []
      const reading = node.execute(logs, {
        timeout: '2min',
        onOutput: (stream, data) => {
          if (stream === 'stdout') read.push(data)
        },
      })
      await reading.catch((error: unknown) => {
        read.push(Buffer.from(`the logs end here: ${messageOf(error)}\n`))
      })
      await writeFile(join(folder, `${node.name}.log`), Buffer.concat(read))
    }),
  )
}

/** Keeps what `diagnose` found when a scenario failed. */
export async function writeDiagnosis(found: readonly string[], folder: string): Promise<void> {
  await mkdir(folder, { recursive: true })
  const text = found.join('\n\n') || 'All services run, and all files are as the topology wants them.'
  await writeFile(join(folder, 'diagnosis.txt'), `${text}\n`)
}
