import type { Difference } from '../differences.js'
import type { Suspicion } from '../finding.js'
import { nodeOfAddress, type Context } from './context.js'

/** Addresses, routes, links, queues, names and bridges that are not what they were. */
export function network(difference: Difference, context: Context): Suspicion | undefined {
  const { kind, subject, before, now } = difference
  const { node } = context
  const base = { tier: 'changed', where: node, breaks: [`network ${node}`], words: [subject] } as const
  const said = proofOf(difference)
  switch (kind) {
    case 'link': {
      if (subject === 'lo' && !/down/.test(now ?? 'down')) return undefined
      if (before === undefined) return undefined
      const isSwitch = /^br-|^ovs-|_sys_\d+$/.test(subject)
      // What Open vSwitch itself makes and takes away is told by its bridges and ports.
      if (isSwitch && before.split(' ')[0] === (now ?? before).split(' ')[0]) return undefined
      return {
        ...base,
        what:
          now === undefined
            ? `${node} has no interface ${subject} any more`
            : `the interface ${subject} of ${node} is ${now}; it was ${before}`,
        proof: said,
        breaks: isSwitch ? [`part switch@${node}`, 'tunnels'] : base.breaks,
        mends: `ip link set ${subject} up`,
      }
    }
    case 'address': {
      const address = subject.split('/')[0] ?? ''
      const owner = nodeOfAddress(context, address)
      // A network of an instance, or of a router, is of no matter here; nor what a link gives itself.
      if ((before === undefined && owner === undefined) || address.startsWith('fe80:')) return undefined
      const stolen = before === undefined
      return {
        ...base,
        what: stolen
          ? `${node} has the address ${address}, which is that of ${owner}`
          : `${node} has lost its address ${subject}`,
        proof: said,
        breaks: [`network ${node}`, ...(stolen && owner !== undefined ? [`network ${owner}`] : [])],
        mends: `ip address ${stolen ? 'del' : 'add'} ${subject.replace(' on ', ' dev ')}`,
      }
    }
    case 'route':
    case 'routing rule': {
      if (
        /^10\.|169\.254|dev (br-|virbr)/.test(subject) &&
        !/^(blackhole|unreachable|prohibit|throw)/.test(subject)
      )
        return undefined
      if (/linkdown/.test(subject)) return undefined
      const owner = nodeOfAddress(context, /\d+\.\d+\.\d+\.\d+(\/32)?/.exec(subject)?.[0] ?? '')
      return {
        ...base,
        what: `${node} has ${now === undefined ? 'lost' : 'got'} a ${kind}: ${subject}`,
        proof: said,
        breaks: owner !== undefined && owner !== node ? [`network ${node}`] : base.breaks,
        mends: `ip ${kind === 'route' ? 'route' : 'rule'} ${now === undefined ? 'add' : 'del'} ${subject}`,
      }
    }
    case 'neighbour':
      if (now === undefined) return undefined
      return {
        ...base,
        what: `${node} has ${subject} at a fixed hardware address: ${now}`,
        proof: said,
        mends: `ip neigh del ${subject} ${/dev \S+/.exec(now)?.[0] ?? ''}`,
      }
    case 'queue': {
      if (now === undefined || (before === undefined && !/netem|tbf|htb|police|ingress|clsact/.test(now)))
        return undefined
      const device = subject.split(' ')[0] ?? ''
      return {
        ...base,
        what: `${node} delays, loses or holds back what goes through ${device}: ${now}`,
        proof: said,
        mends: `tc qdisc del dev ${device} root`,
      }
    }
    case 'resolves': {
      const wanted =
        before ??
        context.topology.nodes.find(({ name, hostName }) => [name, hostName].includes(subject))?.address
      if (wanted === undefined || now === wanted) return undefined
      const is = now === undefined || now === '' ? 'to nothing' : `to ${now}`
      return {
        ...base,
        // It follows from a file that says so, where one does.
        tier: 'stopped',
        what: `${node} resolves ${subject} ${is}; its address is ${wanted}`,
        proof: said,
        words: [subject, ...(now === undefined || now === '' ? [] : [now])],
        mends: `/etc/hosts, /etc/nsswitch.conf and /etc/resolv.conf of ${node} are what names are looked up in`,
      }
    }
    case 'host name':
      return {
        ...base,
        what: `${node} calls itself "${now}"; the topology calls it "${before}"`,
        proof: said,
        breaks: context.needs.partsOn(node).map((part) => `part ${part}@${node}`),
        mends: `hostname ${before}`,
      }
    default:
      return undefined
  }
}

/** Bridges and ports of Open vSwitch, and flows that were put there by hand. */
export function virtualSwitch(difference: Difference, { node }: Context): Suspicion | undefined {
  const { kind, subject, before, now } = difference
  const base = {
    tier: 'changed',
    where: node,
    breaks: [`part switch@${node}`, 'tunnels', 'addresses'],
    words: [subject.split(' ')[0] ?? subject],
    proof: proofOf(difference),
  } as const
  switch (kind) {
    case 'bridge':
      if (now !== undefined) return undefined
      return {
        ...base,
        what: `Open vSwitch on ${node} has no bridge ${subject} any more`,
        mends: `systemctl restart openvswitch-bridges neutron-openvswitch-agent`,
      }
    case 'port':
      if (now !== undefined) return undefined
      return {
        ...base,
        what: `Open vSwitch on ${node} has no port ${subject} any more`,
        mends: 'systemctl restart neutron-openvswitch-agent',
      }
    case 'switch setting':
      if (before === undefined && !/^(error|fail_mode)/.test(subject)) return undefined
      if (now === undefined) return undefined
      return {
        ...base,
        what: `Open vSwitch on ${node} has another ${subject}: ${now}`,
        mends: `it was ${before ?? 'not set'}`,
      }
    case 'flows':
      if (now !== 'none') return undefined
      return {
        ...base,
        what: `the bridge ${subject} of ${node} has no flows any more`,
        mends: 'systemctl restart neutron-openvswitch-agent',
      }
    case 'flow':
      if (now === undefined ? /NORMAL/.test(subject) : !/drop/.test(subject)) return undefined
      if (now === undefined) return undefined
      return {
        ...base,
        what: `the bridge ${subject.split(':')[0]} of ${node} has a flow that drops packets and that no agent put there`,
        mends: `ovs-ofctl del-flows ${subject.split(':')[0]} ${/(?:ip|udp|tcp|arp|in_port)[^ ]*/.exec(subject)?.[0] ?? ''}`,
      }
    default:
      return undefined
  }
}

/** A difference in words: what the golden snapshot has, and what is there. */
export function proofOf({ node, kind, subject, before, now }: Difference): string[] {
  return [
    ...(before === undefined ? [] : [`golden snapshot: ${kind} ${subject}${valued(before)}`]),
    now === undefined
      ? `${node} now: no ${kind} ${subject}`
      : `${node} now: ${kind} ${subject}${valued(now)}`,
  ]
}

const valued = (value: string): string => (value === 'present' || value === '' ? '' : `: ${value}`)
