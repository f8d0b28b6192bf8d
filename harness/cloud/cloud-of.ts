import { passwordsOf, type Cluster } from '../cluster/index.js'
import { StackrigError } from '../errors/index.js'
import { openCloud, type Cloud } from '../openstack/index.js'

/** The cloud of a cluster as its administrator sees it. @throws StackrigError USAGE when its contract has none. */
export function cloudOf(cluster: Cluster, signal?: AbortSignal): Cloud {
  const door = cluster.topology.contract.cloud
  if (!door) {
    throw new StackrigError('USAGE', 'the fixture "cloud" needs a topology with OpenStack', {
      where: `topology ${cluster.topology.name}`,
    })
  }
  const { identityUrl, apis, region, credentials } = door
  const ended = signal ? AbortSignal.any([signal, cluster.signal]) : cluster.signal
  return openCloud({
    dial: cluster.dial,
    identityUrl,
    apis,
    region,
    ...credentials,
    password: passwordsOf(cluster.topology).admin,
    signal: ended,
  })
}
