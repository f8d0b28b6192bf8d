import { playsRole, type Cluster, type RunningNode } from '../../cluster/index.js'
import { nodeScript, queuesOf, queuesScript, type LogPlace } from './node-script.js'
import { readLook, readQueues, type NodeLook } from './read-look.js'
import type { NodesState, Queue } from './state.js'

/** What the nodes said, and how far their logs had been written. */
export interface Look extends NodesState {
  places: ReadonlyMap<string, LogPlace>
}

/** Asks all nodes that are on, and stay so. @param since where their logs are read from: without it they are not read */
export async function lookAtNodes(cluster: Cluster, since?: ReadonlyMap<string, LogPlace>): Promise<Look> {
  const nodes = cluster.nodes.filter(({ isOn }) => isOn)
  const [answers, queues] = await Promise.all([
    Promise.all(nodes.map((node) => ifOn(node, lookAt(node, since?.get(node.name))))),
    lookAtQueues(nodes),
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

/** Undefined when it failed because the node has been switched off meanwhile. */
const ifOn = <T>(node: RunningNode, asked: Promise<T>): Promise<T | undefined> =>
  asked.catch((error: unknown) => {
    if (node.isOn) throw error
    return undefined
  })

/** None where there is no RabbitMQ, or nothing to ask it with. */
async function lookAtQueues(nodes: readonly RunningNode[]): Promise<Queue[]> {
  const broker = nodes.find((node) => servicesOf(node).includes('rabbitmq-server'))
  const queues = nodes.flatMap((node) => queuesOf(servicesOf(node), node.plan.hostName))
  if (!broker || queues.length === 0) return []
  const answer = await ifOn(broker, broker.execute(queuesScript(queues)))
  return answer ? readQueues(answer.stdout.toString()) : []
}
