import type { Difference } from '../differences.js'
import type { Suspicion } from '../finding.js'
import { broken, partsOfPath, type Context } from './context.js'
import { proofOf } from './network.js'

/** File systems that are full. */
export function room(context: Context): Suspicion[] {
  return [...full(context, 'room', 97), ...full(context, 'files left', 97)]
}

function full(context: Context, kind: 'room' | 'files left', limit: number): Suspicion[] {
  const { node, now, before } = context
  return [...now.of(kind)].flatMap(([folder, value]) => {
    const [used, healthy] = [Number.parseInt(value, 10), Number.parseInt(before.get(kind, folder) ?? '0', 10)]
    if (used < limit || healthy >= limit || /^\/(dev|sys|proc|run\/lock)/.test(folder)) return []
    const files = newLargeFiles(context, folder)
    const [largest] = files
    const parts = belowMount(context, folder)
    return [
      {
        tier: 'changed',
        what:
          kind === 'room'
            ? `the file system ${folder} of ${node} is full${largest ? `: ${largest.path} takes ${largest.size}` : ''}`
            : `the file system ${folder} of ${node} can hold no more files`,
        where: node,
        ...(largest?.since === undefined ? {} : { since: largest.since }),
        proof: [
          `${folder}: ${value}; in the golden snapshot ${before.get(kind, folder) ?? 'not there'}`,
          ...files.slice(0, 4).map(({ path, size }) => `the golden snapshot has no ${path} (${size})`),
        ],
        breaks: parts,
        words: [
          'no space left',
          'disk full',
          'storage media is full',
          'enospc',
          'could not extend',
          'free disk space',
          'resource limit alarm',
        ],
        mends: largest ? `rm ${largest.path}` : `make room in ${folder}`,
      } satisfies Suspicion,
    ]
  })
}

/** Large files that are new, or have grown. */
function newLargeFiles(
  { now, before, hostTime }: Context,
  folder: string,
): { path: string; size: string; bytes: number; since: number }[] {
  return [...now.of('large file')]
    .filter(
      ([path, value]) =>
        path.startsWith(folder) &&
        Number(before.get('large file', path)?.split(' ')[0] ?? 0) < 0.5 * Number(value.split(' ')[0]),
    )
    .map(([path, value]) => {
      const [bytes = 0, time = 0] = value.split(' ').map(Number)
      return { path, bytes, size: `${Math.round(bytes / 1024 / 1024)} MiB`, since: hostTime(time) }
    })
    .sort((a, b) => b.bytes - a.bytes)
}

/** What keeps its files in a file system; all of a node in its root. */
function belowMount(context: Context, folder: string): string[] {
  if (folder === '/')
    return [...broken(context.needs.partsOn(context.node), context.node), `node ${context.node}`]
  return broken(partsOfPath(context, folder), context.node)
}

/** Mounts, volume groups and swap that are not what they were. */
export function mounts(difference: Difference, context: Context): Suspicion | undefined {
  const { kind, subject, before, now } = difference
  const { node } = context
  const base = { tier: 'changed' as const, where: node, proof: proofOf(difference), words: [subject] }
  switch (kind) {
    case 'mount': {
      const breaks = belowMount(context, subject)
      const everywhere =
        /^\/(var|etc|tmp|run|usr|dev|sys\/fs\/cgroup|home|root)?(\/(lib|log|tmp|shm))?$/.test(subject)
          ? [`node ${node}`]
          : []
      if (breaks.length + everywhere.length === 0) return undefined
      const readOnly = before !== undefined && / rw$/.test(before) && / ro$/.test(now ?? '')
      return {
        ...base,
        what: readOnly
          ? `the file system ${subject} of ${node} can only be read`
          : now === undefined
            ? `nothing is mounted on ${subject} of ${node} any more`
            : `${node} has something else mounted on ${subject}: ${now}`,
        breaks: [...breaks, ...everywhere],
        words: [subject, ...(readOnly ? ['read-only file system'] : [])],
        mends: readOnly
          ? `mount -o remount,rw ${subject}`
          : now === undefined
            ? `mount ${subject}`
            : `umount ${subject}`,
      }
    }
    case 'volume group':
      if (before === undefined) return undefined
      return {
        ...base,
        what:
          now === undefined
            ? `${node} has no volume group ${subject} any more${insteadOf(context)}`
            : `the volume group ${subject} of ${node} is ${now}; it was ${before}`,
        breaks: broken(['volume store'], node),
        mends: now === undefined ? `vgrename, or vgchange --activate y ${subject}` : `vgchange ${subject}`,
      }
    case 'volume room':
      if (before === undefined || now === undefined || Number(now) > 100 || Number(now) >= Number(before) / 3)
        return undefined
      return {
        ...base,
        what: `the volume group ${subject} of ${node} is full: ${now} MiB are left of ${before}`,
        breaks: broken(['volume store'], node),
        mends: 'lvs shows what is in it; lvremove',
      }
    default:
      return undefined
  }
}

function insteadOf({ now, before }: Context): string {
  const fresh = [...now.of('volume group').keys()].filter(
    (group) => before.get('volume group', group) === undefined,
  )
  return fresh.length > 0 ? `; there is ${fresh.join(', ')}` : ''
}
