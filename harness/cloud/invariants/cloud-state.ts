import type { Cluster } from '../../cluster/index.js'
import type { Cloud } from '../../openstack/index.js'
import { lookAtNodes } from './look-at-nodes.js'
import type { LogPlace } from './node-script.js'
import type { CloudState } from './state.js'

/** All at once: each service answers in some tenths of a second, and on a node of its own. */
export async function lookAtCloud(
  cluster: Cluster,
  cloud: Cloud,
  since: ReadonlyMap<string, LogPlace>,
): Promise<CloudState> {
  const promised = Object.keys(cluster.topology.contract.cloud?.ports ?? {})
  const has = (service: RegExp): boolean => promised.some((name) => service.test(name))
  const [nodes, servers, ports, networks, routers, volumes, images, consumers] = await Promise.all([
    lookAtNodes(cluster, since),
    has(/^compute$/) ? cloud.nova.list({ all_tenants: 1 }) : [],
    has(/^network$/) ? cloud.neutron.ports() : [],
    has(/^network$/) ? cloud.neutron.networks() : [],
    has(/^network$/) ? cloud.neutron.routers() : [],
    has(/^volume/) ? cloud.cinder.volumes() : [],
    has(/^image$/) ? cloud.glance.list() : [],
    has(/^placement$/) ? consumersOf(cloud) : undefined,
  ])
  return {
    ...nodes,
    servers: servers.map(({ taskState, ...server }) => ({ ...server, task: taskState })),
    consumers,
    ports: ports.map(({ id, deviceOwner, deviceId }) => ({ id, owner: deviceOwner, device: deviceId })),
    networks: networks.map(({ id }) => id),
    routers: routers.map(({ id }) => id),
    volumes: volumes.map(({ id, status, attachments }) => {
      return { id, status, servers: attachments.map(({ serverId }) => serverId) }
    }),
    images,
  }
}

async function consumersOf({ placement }: Cloud): Promise<string[]> {
  const providers = await placement.resourceProviders()
  const found = await Promise.all(providers.map(({ uuid }) => placement.consumers(uuid)))
  return [...new Set(found.flat())]
}
