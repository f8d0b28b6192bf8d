import type { Cluster } from '../../cluster/index.js'
import { messageOf, StackrigError } from '../../errors/index.js'
import { waitFor, type Seen } from '../../waits/index.js'
import type { Cloud } from '../../openstack/index.js'
import { cloudOf } from '../cloud-of.js'
import { lookAtNodes } from './node-state.js'
import { brokenInvariants } from './rules.js'
import type { Broken, CloudState, NodeLogs } from './state.js'

/** How long a cloud may take to come to rest when a scenario has ended. */
const timeToRest = '2min'

/** What must hold of a cloud after whatever was done with it; the nodes are asked at once what they said before. */
export class Invariants {
  readonly #cluster: Cluster
  /** What the nodes said when the scenario began; undefined when they could not be asked. */
  readonly #before: Promise<NodeLogs | undefined>

  constructor(cluster: Cluster) {
    this.#cluster = cluster
    this.#before = lookAtNodes(cluster).then(
      ({ logs }) => logs,
      () => undefined,
    )
  }

  /** What `check` throws; nothing when the cloud is whole. */
  async broken(): Promise<Error | undefined> {
    return this.check().then(
      () => undefined,
      (error: unknown) => (error instanceof Error ? error : new Error(messageOf(error))),
    )
  }

  /**
   * Looks once when all is well, and not at all while a node is off. What may only be in the middle of something is given two minutes.
   * @throws StackrigError INVARIANT_BROKEN naming all that does not hold; those of clients and nodes.
   */
  async check(): Promise<void> {
    if (this.#cluster.nodes.some(({ isOn }) => !isOn)) return
    const before = (await this.#before) ?? { restarts: {}, tracebacks: {} }
    using cloud = cloudOf(this.#cluster)
    let broken: Broken[] = []
    const look = async (): Promise<Seen<undefined>> => {
      broken = brokenInvariants(await stateOf(this.#cluster, cloud), before)
      const isOver = broken.length === 0 || broken.some(({ mayPass }) => !mayPass)
      return isOver ? { done: true, value: undefined } : { done: false, seen: textOf(broken) }
    }
    const rest = { what: 'the cloud to be at rest', probe: look }
    await waitFor(rest, { timeout: timeToRest, interval: '2s' }).catch((error: unknown) => {
      if (broken.length === 0) throw error
    })
    if (broken.length === 0) return
    throw new StackrigError('INVARIANT_BROKEN', 'a cloud must be whole when a scenario has ended', {
      where: `cluster ${this.#cluster.topology.name}`,
      seen: textOf(broken),
      next: 'scenario(topology, { invariants: false }) leaves this out',
    })
  }
}

const textOf = (broken: readonly Broken[]): string => broken.map(({ text }) => text).join('\n')

async function stateOf(cluster: Cluster, cloud: Cloud): Promise<CloudState> {
  const providers = cloud.placement.resourceProviders()
  const consumers = providers.then(async (all) =>
    Promise.all(all.map(({ uuid }) => cloud.placement.consumers(uuid))),
  )
  const [nodes, servers, ports, networks, routers, volumes, allocated] = await Promise.all([
    lookAtNodes(cluster),
    cloud.nova.list({ all_tenants: 1 }),
    cloud.neutron.ports(),
    cloud.neutron.networks(),
    cloud.neutron.routers(),
    cloud.cinder.volumes(),
    consumers,
  ])
  return {
    ...nodes,
    servers: servers.map(({ id, name, status, taskState, host }) => ({
      id,
      name,
      status,
      task: taskState,
      host,
    })),
    consumers: [...new Set(allocated.flat())],
    ports: ports.map(({ id, deviceOwner, deviceId, networkId }) => ({
      ...{ id, owner: deviceOwner, device: deviceId, network: networkId },
    })),
    networks: networks.map(({ id }) => id),
    routers: routers.map(({ id }) => id),
    volumes: volumes.map(({ id, status, attachments }) => ({
      ...{ id, status, servers: attachments.map(({ serverId }) => serverId) },
    })),
  }
}
