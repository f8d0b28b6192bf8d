import { consoleLogOf, findKept, listKept, type KeptCluster } from '../cluster/index.js'
import { readPublished } from '../sandbox/index.js'

const tell = (file: string): unknown => process.stderr.write(`passed over: ${file} is not of this version\n`)

/** The clusters that `up` left running. */
export const keptClusters = (): Promise<KeptCluster[]> => listKept(tell)

/** One of them, by its name, or the only one. @throws StackrigError CLUSTER_UNKNOWN */
export const keptCluster = (name?: string): Promise<KeptCluster> => findKept(name, tell)

/** What `up --json` and `ps --json` print of a cluster. */
export function described({
  name,
  topology,
  folder,
  logFolder = folder,
  pid,
  started,
}: KeptCluster): unknown {
  const nodes = topology.nodes.map((node) => ({
    ...{ name: node.name, address: node.address },
    console: consoleLogOf(logFolder, node.name),
  }))
  const published = readPublished(folder).map(({ at, host, port }) => ({
    ...{ address: '127.0.0.1', port: at },
    to: { node: topology.nodes.find(({ address }) => address === host)?.name ?? host, port },
  }))
  return { name, topology: topology.name, folder, pid, started, nodes, published }
}
