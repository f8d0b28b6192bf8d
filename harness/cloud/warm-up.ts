import { cloudAccess, playsRole, type Cluster, type RunningNode } from '../cluster/index.js'
import { become, deleted, Horizon, type Cloud } from '../openstack/index.js'
import { openBrowser } from './browser.js'
import { cloudOf } from './cloud-of.js'
import { lookAtCloud } from './invariants/cloud-state.js'
import { lookAtFirst } from './invariants/look-at-nodes.js'

/**
 * Makes the flavor that scenarios use, and does what costs most the first time (programs and modules are read and
 * translated, queues and tables made): boots an instance, shows it in Horizon, looks at what must hold when a scenario has
 * ended, and removes everything again. Forks then find it done.
 */
export async function warmUp(
  cluster: Cluster,
  guestDisk: string,
  onProgress: (what: string) => void,
): Promise<void> {
  const promised = cluster.topology.contract.cloud
  if (!promised) return
  const { signal } = cluster
  using cloud = cloudOf(cluster)
  await smallFlavor(cloud)
  if (!promised.warmUp) return
  const network = await cloud.neutron.createNetwork({ name: 'warm-up', cidr: '10.250.0.0/24' })
  const image = await cloud.glance.upload({ name: 'warm-up', file: guestDisk })
  const server = await cloud.nova.boot({ name: 'warm-up', image, flavor: 'm1.nano', network })
  await become(server, 'ACTIVE', { timeout: '20min', signal })
  onProgress('an instance ran')
  const { horizonUrl, credentials } = cloudAccess(cluster.topology)
  await openHorizon(cluster, horizonUrl, credentials)
  onProgress('Horizon showed it')
  await Promise.all(cluster.nodes.map(runClient))
  onProgress('the command line client ran on every node')
  const { places } = await lookAtFirst(cluster, () => undefined)
  await lookAtCloud(cluster, cloud, places)
  onProgress('what must hold of the cloud was looked at')
  await cloud.nova.delete(server.id)
  await deleted(server, { timeout: '10min', signal })
  await cloud.glance.delete(image.id)
  await cloud.neutron.deleteNetwork(network.id)
  await dhcpEnded(cluster, network.id)
}

/** What scenarios boot instances with; images of other builders do not have it. */
async function smallFlavor({ nova }: Cloud): Promise<void> {
  const name = 'm1.nano'
  if ((await nova.flavors()).some((flavor) => flavor.name === name)) return
  await nova.createFlavor({ name, memory: 192, disk: 1 })
}

/** The client notes what plugins there are, which is most of what it does. */
async function runClient(node: RunningNode): Promise<void> {
  await node.run({ timeout: '10min' })`bash -ic ${'openstack token issue >/dev/null'}`
}

/** The network's namespace goes some time after the network. */
async function dhcpEnded(cluster: Cluster, network: string): Promise<void> {
  const nodes = cluster.nodes.filter(({ plan }) => playsRole(plan, 'network'))
  await Promise.all(nodes.map((node) => node.waitUntil`sh -c ${`! ip netns list | grep -q ${network}`}`))
}

async function openHorizon(
  cluster: Cluster,
  url: string,
  credentials: { username: string; password: string },
): Promise<void> {
  const browser = await openBrowser(cluster)
  try {
    const timeout = '5min'
    const horizon = await Horizon.open(await browser.newPage(), url, { timeout })
    await horizon.logIn(credentials)
    await horizon.overview()
    await horizon.instances()
  } finally {
    await browser.close()
  }
}
