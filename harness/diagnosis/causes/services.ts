import type { Difference } from '../differences.js'
import type { Suspicion } from '../finding.js'
import { broken, type Context } from './context.js'
import { proofOf } from './network.js'

/** Units that do not run as they did, and limits that were put on them. */
export function services(difference: Difference, context: Context): Suspicion | undefined {
  if (difference.kind === 'unit') return unit(difference, context)
  if (difference.kind === 'property' || difference.kind === 'control group') return limit(difference, context)
  return undefined
}

function unit(difference: Difference, context: Context): Suspicion | undefined {
  const { subject, before, now } = difference
  const { needs, node } = context
  if (before === undefined) return undefined
  const [, was = ''] = before.split(' ')
  const [load = '', state = 'gone', sub = ''] = (now ?? 'not-found gone').split(' ')
  const masked = load === 'masked'
  if (was !== 'active' || (state === 'active' && !masked) || state === 'reloading') return undefined
  // A unit of no part of the software may still be what others need, as a socket of libvirt's.
  const parts = partsOfUnit(subject, needs)
  if (parts.length === 0 || subject.endsWith('.timer')) return undefined
  const of = (property: string): string => context.now.get('property', `${property} of ${subject}`) ?? ''
  const result = of('Result')
  const failed = state === 'failed' || state === 'activating' || (result !== '' && result !== 'success')
  const killed = result === 'signal' || result === 'core-dump'
  const since = timeOf(of('StateChangeTimestamp'), context)
  const how = masked
    ? 'masked: nothing can start it'
    : failed
      ? `${state} (${result || sub})`
      : 'stopped, in good order: somebody stopped it'
  return {
    tier: failed && !masked ? 'stopped' : 'changed',
    what: `${subject.replace(/\.service$/, '')} on ${node} is ${how}`,
    where: node,
    ...(since === undefined ? {} : { since }),
    proof: [
      ...proofOf(difference),
      ...(killed
        ? [`it was ended by signal ${of('ExecMainStatus')}`]
        : failed && of('ExecMainStatus') !== ''
          ? [`its last exit status: ${of('ExecMainStatus')}; restarts: ${of('NRestarts')}`]
          : []),
    ],
    breaks: broken(parts, node),
    words: [subject.replace(/\.service$/, '')],
    mends: `${masked ? `systemctl unmask ${subject} && ` : ''}systemctl start ${subject}`,
  }
}

/** The parts that a unit is, or that cannot do without it. */
export function partsOfUnit(unitName: string, needs: Context['needs']): string[] {
  const own = needs.partsOfService(unitName)
  return own.length > 0 ? own : (helped.find(([pattern]) => pattern.test(unitName))?.[1] ?? [])
}

/** Units that parts of the software cannot do without, beside their own. */
const helped: [RegExp, string[]][] = [
  [/^(virt(log|lock|qemu|storage|network|node|secret)d|libvirtd)[-.a-z]*\.(service|socket)$/, ['libvirt']],
  [/^(ovs|openvswitch)/, ['switch']],
  [
    /^(systemd-networkd|systemd-resolved|networking|dbus|systemd-udevd|systemd-logind|privsep-)/,
    ['switch agent', 'hypervisor'],
  ],
  [/^(iscsid|lvm2-|dm-event|cinder-volume-group)/, ['volume store', 'hypervisor']],
  [/^(postgresql)/, ['database']],
]

/** systemd writes `Sun 2026-11-29 10:41:13 UTC`; nodes have UTC unless somebody changed that. */
function timeOf(text: string, { hostTime }: Context): number | undefined {
  const found = /(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) UTC/.exec(text)
  return found ? hostTime(Date.parse(`${found[1]}T${found[2]}Z`) / 1000) : undefined
}

const limiting =
  /^(FreezerState|CPUQuotaPerSecUSec|MemoryMax|MemoryHigh|TasksMax|LimitNOFILE|LimitNPROC|LimitFSIZE|Nice|User|FragmentPath|DropInPaths) of |^(cgroup\.freeze|cpu\.max|memory\.max|pids\.max) of /

function limit(difference: Difference, context: Context): Suspicion | undefined {
  const { subject, before, now, kind } = difference
  if (!limiting.test(subject) || before === undefined || now === undefined || now === '') return undefined
  const [key = '', of = ''] = subject.split(' of ')
  const unitName = of.split('/').at(-1) ?? of
  const parts = partsOfUnit(unitName, context.needs)
  if (parts.length === 0) return undefined
  if (/^(FreezerState|cgroup\.freeze)$/.test(key) && /^(running|0)$/.test(now)) return undefined
  const frozen = /^(FreezerState|cgroup\.freeze)$/.test(key)
  const name = unitName.replace(/\.service$/, '')
  return {
    tier: 'changed',
    what: frozen
      ? `${name} on ${context.node} is frozen: none of its processes runs`
      : `${name} on ${context.node} has ${key} ${now}; in the golden snapshot ${before}`,
    where: context.node,
    proof: proofOf(difference),
    breaks: broken(parts, context.node),
    words: [name],
    mends: frozen
      ? `systemctl thaw ${unitName}, or echo 0 to its cgroup.freeze`
      : kind === 'property'
        ? `systemctl set-property ${unitName} ${key}=, or remove what sets it: systemctl cat ${unitName}`
        : `write ${before} to /sys/fs/cgroup/${of}/${key}`,
  }
}
