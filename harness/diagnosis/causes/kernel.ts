import { humanDuration } from '../../duration.js'
import type { Difference } from '../differences.js'
import type { Suspicion } from '../finding.js'
import type { Context } from './context.js'
import { proofOf } from './network.js'

/** Settings, modules, and swap. */
export function kernel(difference: Difference, context: Context): Suspicion | undefined {
  const { kind, subject, before, now } = difference
  const { node } = context
  if (before === undefined) return undefined
  const base = { tier: 'changed' as const, where: node, proof: proofOf(difference), words: [subject] }
  switch (kind) {
    case 'setting':
      if (now === undefined) return undefined
      return {
        ...base,
        what: `${node} has ${subject} = ${now}; in the golden snapshot ${before}`,
        breaks: [subject.startsWith('net.') ? `network ${node}` : `node ${node}`],
        mends: `sysctl -w ${subject}='${before}'`,
        soft: true,
      }
    case 'module':
      if (now !== undefined) return undefined
      return {
        ...base,
        what: `the kernel of ${node} has lost its module ${subject}`,
        breaks: modulesOf(subject, node),
        mends: `modprobe ${subject}`,
      }
    default:
      return undefined
  }
}

function modulesOf(module: string, node: string): string[] {
  if (/^kvm/.test(module)) return [`part libvirt@${node}`, `part hypervisor@${node}`]
  if (
    /^(openvswitch|vxlan|gre|geneve|nf_|nft_|ip_|x_tables|ip_tables|br_netfilter|bridge|tun|tap|veth|vhost)/.test(
      module,
    )
  )
    return [`part switch@${node}`, 'tunnels', 'addresses']
  if (/^(dm_|loop|iscsi|scsi|libiscsi)/.test(module)) return [`part volume store@${node}`]
  return [`node ${node}`]
}

/** Beyond this a service may take the reports of another node for old ones, s. */
const tolerance = 45

/** Clocks that do not show what they should. */
export function clock({ now, before, node, expectedClock, needs }: Context): Suspicion[] {
  const seconds = Number(now.get('clock', 'seconds'))
  const found: Suspicion[] = []
  const { from, to } = expectedClock
  const away = Math.max(0, seconds - to) - Math.max(0, from - seconds)
  const base = {
    tier: 'changed' as const,
    where: node,
    breaks: [`node ${node}`, ...needs.partsOn(node).map((part) => `part ${part}@${node}`)],
    words: ['token', 'expired', 'clock'],
  }
  if (seconds > 0 && Math.abs(away) > tolerance) {
    // The clock is told in whole seconds, at some time between two moments.
    const about = Math.round(Math.abs(away) / 10) * 10_000
    found.push({
      ...base,
      what: `the clock of ${node} is ${humanDuration(about)} ${away > 0 ? 'ahead' : 'behind'}: what one node tells is too old, or not yet true, for another`,
      proof: [
        `it shows ${new Date(seconds * 1000).toISOString()}; it should be ${new Date(to * 1000).toISOString()}`,
      ],
      mends: `date -s @${Math.round(to)}`,
    })
  }
  const [zone, was] = [now.get('clock', 'zone'), before.get('clock', 'zone')]
  if (zone !== was && was !== undefined && zone !== undefined)
    found.push({
      ...base,
      what: `${node} is in the time zone ${zone}; in the golden snapshot in ${was}`,
      proof: [`date +%Z: ${zone}`],
      mends: `ln -sfn /usr/share/zoneinfo/Etc/UTC /etc/localtime`,
    })
  return found
}
