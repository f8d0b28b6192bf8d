import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Cluster } from '../cluster/index.js'

/** Keeps what the nodes' logs say, beside their consoles. A node that cannot answer any more leaves its console only. */
export async function collectLogs(cluster: Cluster, folder: string): Promise<void> {
  const { logs } = cluster.topology.contract
  if (logs === undefined) return
  await mkdir(folder, { recursive: true })
  await Promise.all(
    cluster.nodes.map(async (node) => {
      const text = await node.execute(logs, { deadline: '60s' }).then(
        ({ stdout }) => stdout,
        (error: unknown) => `no logs: ${error instanceof Error ? error.message : String(error)}\n`,
      )
      await writeFile(join(folder, `${node.name}.log`), text)
    }),
  )
}
