import ipaddr from 'ipaddr.js'

/** The one bridge of a sandbox. */
export interface NetworkPlan {
  /** The network in CIDR form, as `192.168.7.0/24`. */
  cidr: string
  /** The bridge's own address; the nodes' gateway. It leads nowhere: a sandbox has no route out. */
  gateway: string
  /** The nodes on it; each gets a tap, see tapName. */
  hosts: { name: string; address: string }[]
}

/** The tap of the node with this index. Names of devices have at most 15 characters, so node names will not do. */
export function tapName(index: number): string {
  return `tap${String(index)}`
}

/** Fixed: a fork's nodes remember the one of the snapshot. */
export const bridgeMac = '52:54:00:00:00:01'

/**
 * What `ip -batch` reads to make the bridge and the taps (ip(8)). None gets an IPv6 address of its own: it would appear
 * a second or two after the machines have started, and a browser drops the pages that it loads when addresses change.
 */
export function networkBatch(plan: NetworkPlan): string[] {
  const length = ipaddr.parseCIDR(plan.cidr)[1]
  return [
    'link set lo up',
    `link add br0 address ${bridgeMac} type bridge forward_delay 0 mcast_snooping 0`,
    `addr add ${plan.gateway}/${String(length)} dev br0`,
    'link set br0 addrgenmode none up',
    ...plan.hosts.flatMap((_, index) => tapBatch(index)),
  ]
}

/** The same for one tap more. */
export function tapBatch(index: number): string[] {
  const tap = tapName(index)
  return [`tuntap add ${tap} mode tap`, `link set ${tap} master br0 addrgenmode none up`]
}
