import { cloudAccess, type Cluster } from '../cluster/index.js'
import { openCloud, type Cloud } from '../openstack/index.js'

/** The cloud of a cluster as its administrator sees it. @throws StackrigError USAGE when its contract has none. */
export function cloudOf(cluster: Cluster, signal?: AbortSignal): Cloud {
  const { identityUrl, apis, region, credentials } = cloudAccess(cluster.topology)
  const ended = signal ? AbortSignal.any([signal, cluster.signal]) : cluster.signal
  return openCloud({
    dial: cluster.dial,
    identityUrl,
    apis,
    region,
    ...credentials,
    signal: ended,
    timeline: cluster.timeline,
  })
}
