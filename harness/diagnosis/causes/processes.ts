import type { Suspicion } from '../finding.js'
import { broken, type Context } from './context.js'
import { partsOfUnit } from './services.js'

/** Processes that stand still, that use a node up, and limits that were lowered under those that run. */
export function processes(context: Context): Suspicion[] {
  return [...standing(context), ...greedy(context), ...lowered(context), ...endedOnes(context)]
}

/** The unit that a process belongs to, by its control group. */
const unitOf = ({ now }: Context, pid: string): string | undefined => now.get('unit of process', pid)

function partsOfProcess(context: Context, pid: string, name: string): string[] {
  const unit = unitOf(context, pid)
  const byUnit = unit === undefined ? [] : partsOfUnit(unit, context.needs)
  if (byUnit.length > 0) return byUnit
  const byName = context.needs.partsOfService(name)
  if (byName.length > 0) return byName
  return Object.entries(byProgram).find(([pattern]) => new RegExp(pattern).test(name))?.[1] ?? []
}

/** Programs that are not called as their services are. */
const byProgram: Record<string, string[]> = {
  'beam|erl|rabbit': ['messages'],
  postgres: ['database'],
  'qemu|kvm': ['libvirt'],
  virt: ['libvirt'],
  dnsmasq: ['address agent'],
  'ovs|ovsdb': ['switch'],
  tgtd: ['volume store'],
  memcached: ['cache'],
  apache: ['dashboard'],
}

function standing(context: Context): Suspicion[] {
  const { node, now, before } = context
  const byUnit = new Map<string, { what: string; parts: string[]; lines: string[]; pids: string[] }>()
  for (const [subject, state] of now.of('stands still')) {
    const [, name = '', pid = ''] = /^(.*) \(process (\d+)/.exec(subject) ?? []
    if (before.get('stands still', subject) !== undefined) continue
    const parts = partsOfProcess(context, pid, name)
    // One of the diagnosis itself, or of a person at a shell.
    if (parts.length === 0) continue
    const unit = unitOf(context, pid)?.replace(/\.service$/, '') ?? name
    const entry = byUnit.get(unit) ?? {
      what: `${unit} on ${node} stands still: its process is ${state}`,
      parts,
      lines: [],
      pids: [],
    }
    byUnit.set(unit, entry)
    entry.lines.push(`${subject}: ${state} (state T)`)
    entry.pids.push(pid)
  }
  return [...byUnit].map(([unit, { what, parts, lines, pids }]) => ({
    tier: 'changed',
    what,
    where: node,
    proof: lines.slice(0, 6),
    breaks: broken(parts, node),
    words: [unit],
    mends: `kill -CONT ${pids.slice(0, 6).join(' ')}`,
  }))
}

function greedy(context: Context): Suspicion[] {
  const { node, now, before } = context
  const known = new Set([...before.of('processes').keys()].map((key) => key.replace(/ of user .*/, '')))
  const found: Suspicion[] = []
  for (const [subject, share] of now.of('uses the processor')) {
    const name = subject.replace(/ \(process.*/, '')
    if (
      known.size === 0 ||
      known.has(name) ||
      /^(qemu|kvm|find|grep|md5sum|stat|xargs|rabbitmqctl|psql|erl|beam|sysctl|sed|awk|cat|sh)/.test(name)
    )
      continue
    found.push({
      tier: 'changed',
      what: `${subject} on ${node} uses the processor all the time`,
      where: node,
      proof: [
        `${share} of a processor while the facts were collected; the golden snapshot has no process of that name`,
      ],
      breaks: [`node ${node}`],
      words: [name],
      mends: `kill ${/process (\d+)/.exec(subject)?.[1] ?? ''}`,
    })
  }
  const memory = (facts: Context['now'], key: string): number =>
    Number.parseInt(facts.get('memory', key) ?? '', 10)
  const [total, available, healthy] = [
    memory(now, 'MemTotal'),
    memory(now, 'MemAvailable'),
    memory(before, 'MemAvailable'),
  ]
  if (available < total * 0.06 && available < healthy / 3) {
    const users = [...now.of('uses memory')].sort((a, b) => Number(b[1]) - Number(a[1]))
    const fresh = users.filter(([subject]) => !known.has(subject.replace(/ \(process.*/, '')))
    const [first] = fresh.length > 0 ? fresh : users
    found.push({
      tier: 'changed',
      what: `${node} is short of memory: ${Math.round(available / 1024)} of ${Math.round(total / 1024)} MiB are left${first ? `; ${first[0]} has ${Math.round(Number(first[1]) / 1024)} MiB` : ''}`,
      where: node,
      proof: [
        `golden snapshot: ${Math.round(healthy / 1024)} MiB are left`,
        ...users.slice(0, 4).map(([subject, size]) => `${subject}: ${Math.round(Number(size) / 1024)} MiB`),
      ],
      breaks: [`node ${node}`],
      words: ['memory', 'oom'],
      mends: first ? `kill ${/process (\d+)/.exec(first[0])?.[1] ?? ''}` : 'give it more memory',
    })
  }
  return found
}

function lowered(context: Context): Suspicion[] {
  const { node, now, before } = context
  return [...now.of('limit')].flatMap(([subject, value]) => {
    const was = before.get('limit', subject)
    const [what = '', name = ''] = subject.split(' of ')
    const parts = partsOfProcess(context, '', name)
    if (was === undefined || parts.length === 0 || number(value) >= number(was) / 2) return []
    return [
      {
        tier: 'changed',
        what: `${name} on ${node} may have ${value} ${what}; in the golden snapshot ${was}`,
        where: node,
        proof: [`/proc/PID/limits: Max ${what} ${value}`],
        breaks: broken(parts, node),
        words: ['too many open files', name],
        mends: `prlimit, or restart ${name}`,
      } satisfies Suspicion,
    ]
  })
}

const number = (value: string): number => (value === 'unlimited' ? Infinity : Number(value))

/** Names of processes that are gone, of a service that no unit tells of. */
function endedOnes(context: Context): Suspicion[] {
  const { node, now, before } = context
  if (now.of('processes').size === 0 || before.of('unit').size > 0) return []
  return [...before.of('processes').keys()].flatMap((subject) => {
    const name = subject.replace(/ of user .*/, '')
    const parts = partsOfProcess(context, '', name)
    const gone = ![...now.of('processes').keys()].some((key) => key.startsWith(`${name} of`))
    if (!gone || parts.length === 0) return []
    return [
      {
        tier: 'stopped',
        what: `no process ${name} runs on ${node} any more`,
        where: node,
        proof: [`golden snapshot: ${before.get('processes', subject)} of them`],
        breaks: broken(parts, node),
        words: [name],
        mends: `start ${name} on ${node}`,
      } satisfies Suspicion,
    ]
  })
}
