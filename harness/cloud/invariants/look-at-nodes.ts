import { playsRole, type Cluster, type RunningNode } from '../../cluster/index.js'
import { nodeScript, queuesOf, queuesScript, type LogPlace } from './node-script.js'
import { readLook, readQueues, type NodeLook } from './read-look.js'
import type { NodesState, Queue } from './state.js'

/** What the nodes said, and how far their logs had been written. */
export interface Look extends NodesState {
  places: ReadonlyMap<string, LogPlace>
}

/** What the nodes say before anything has happened; `lost` is told which of them could not: it may be switched off meanwhile. */
export function lookAtFirst(cluster: Cluster, lost: (node: string, error: unknown) => void): Promise<Look> {
  return look(cluster, undefined, (node, asked) =>
    asked.catch((error: unknown) => {
      lost(node.name, error)
      return undefined
    }),
  )
}

/** Asks all nodes that are on. @param since where their logs are read from */
export const lookAtNodes = (cluster: Cluster, since: ReadonlyMap<string, LogPlace>): Promise<Look> =>
  look(cluster, since, (_node, asked) => asked)

type Take = <T>(node: RunningNode, asked: Promise<T>) => Promise<T | undefined>

async function look(
  cluster: Cluster,
  since: ReadonlyMap<string, LogPlace> | undefined,
  take: Take,
): Promise<Look> {
  const nodes = cluster.nodes.filter(({ isOn }) => isOn)
  const [answers, queues] = await Promise.all([
    Promise.all(nodes.map((node) => take(node, lookAt(node, since?.get(node.name))))),
    lookAtQueues(nodes, take),
  ])
  const looks = answers.filter((look) => look !== undefined)
  return {
    domains: looks.flatMap(({ domains }) => domains),
    namespaces: looks.flatMap(({ namespaces }) => namespaces),
    boots: Object.fromEntries(looks.flatMap(({ boots }) => Object.entries(boots))),
    restarts: looks.flatMap(({ restarts }) => restarts),
    tracebacks: looks.flatMap(({ tracebacks }) => tracebacks),
    places: new Map(looks.map(({ node, place }) => [node, place])),
    queues,
  }
}

const servicesOf = ({ contract, plan }: RunningNode): readonly string[] =>
  contract.roles[plan.role]?.services ?? []

async function lookAt(node: RunningNode, since: LogPlace | undefined): Promise<NodeLook> {
  const roles = ['compute', 'network'].filter((role) => playsRole(node.plan, role))
  const asked = { init: node.contract.init, roles, services: servicesOf(node), since }
  const { stdout } = await node.execute(nodeScript(asked))
  return readLook(node.name, stdout.toString())
}

/** None where there is no RabbitMQ, or nothing to ask it with. */
async function lookAtQueues(nodes: readonly RunningNode[], take: Take): Promise<Queue[]> {
  const broker = nodes.find((node) => servicesOf(node).includes('rabbitmq-server'))
  const queues = nodes.flatMap((node) => queuesOf(servicesOf(node), node.plan.hostName))
  if (!broker || queues.length === 0) return []
  const asking = broker
    .execute(queuesScript(queues))
    .then(({ stdout, stderr }) => readQueues(broker.name, stdout.toString(), stderr.toString()))
  return (await take(broker, asking)) ?? []
}
