import type { Difference } from '../differences.js'
import type { Suspicion } from '../finding.js'
import { broken, changedAt, partsOfPath, type Context } from './context.js'
import { changedLines } from './lines.js'

/** Files of /etc that every service of a node depends on, whichever it is. */
const everybodys =
  /^\/etc\/(hosts|nsswitch\.conf|resolv\.conf|hostname|passwd|group|sudoers|sudoers\.d\/.*|security\/.*|sysctl\.conf|sysctl\.d\/.*|environment|localtime|timezone|ld\.so\.(preload|conf.*)|fstab|gai\.conf|host\.conf|hosts\.(allow|deny)|systemd\/(system|user|journald|logind|networkd|resolved)\.conf.*|systemd\/network\/.*|modprobe\.d\/.*|udev\/.*|profile.*|default\/(openstack|locale))$/

/** Folders that everybody writes to. */
const everybodysFolders = /^\/(tmp|var\/tmp|run|run\/lock|dev|dev\/shm|etc|var|var\/log|var\/lib|)$/
/** Programs that services start through others. */
const everybodysPrograms =
  /^\/(usr\/)?(local\/)?s?bin\/(sudo|sh|bash|dash|env|python3.*|ip|iptables.*|xtables.*|ovs-.*|ovsdb.*|qemu-.*|mount|umount|modprobe|uwsgi.*|runuser|su|privsep-.*|when-answering|lvm|lv.*|vg.*|dnsmasq|iscsi.*|tgt.*|dmsetup|conntrack|kill|.*-rootwrap.*|.*-manage)$/

/** What a file says, who may do what with it, where a link leads to, and devices. */
export function files(difference: Difference, context: Context): Suspicion | undefined {
  const { kind, subject: path, before, now } = difference
  const base = {
    tier: 'changed' as const,
    where: context.node,
    words: wordsOf(path),
    ...changedAt(context, path),
  }
  const breaks = brokenBy(path, context)
  if (breaks.length === 0) return undefined
  switch (kind) {
    case 'content': {
      if (before === undefined) return newFile(difference, context, breaks)
      if (now === undefined) return undefined
      const lines = changedLines(context.before.get('text', path), context.now.get('text', path))
      if (lines !== undefined && lines.had.length + lines.has.length === 0) return undefined
      const quoted = (some: string[]): string =>
        some
          .slice(0, 4)
          .map((line) => `"${line}"`)
          .join(', ') || 'nothing'
      return {
        ...base,
        what:
          lines === undefined
            ? `${path} on ${context.node} has another content than in the golden snapshot`
            : `${path} on ${context.node} has ${quoted(lines.has)}; the golden snapshot has ${quoted(lines.had)}`,
        proof:
          lines === undefined
            ? [`md5 ${before}, now ${now}`]
            : [
                ...lines.had.slice(0, 8).map((line) => `- ${line}`),
                ...lines.has.slice(0, 8).map((line) => `+ ${line}`),
              ],
        words: [...base.words, ...(lines?.has ?? []).flatMap(valuesOf)],
        breaks,
        mends: `give ${path} on ${context.node} its lines back, and restart what reads it`,
      }
    }
    case 'rights':
    case 'device': {
      if (before === undefined) return undefined
      if (now === undefined)
        return {
          ...base,
          what: `${path} on ${context.node} is gone`,
          proof: [`golden snapshot: ${path} is a ${before}`],
          breaks,
          mends: `put ${path} back`,
        }
      if (kind === 'rights' && !tightened(before, now)) return undefined
      // Another device has rights of its own: what it is comes first.
      if (kind === 'rights' && isOtherDevice(path, context)) return undefined
      return {
        ...base,
        what:
          kind === 'device'
            ? `${path} on ${context.node} is another device, ${now}; in the golden snapshot it is ${before}`
            : rightsInWords(path, before, now, context),
        proof: [`golden snapshot: ${path} ${before}`, `${context.node} now: ${path} ${now}`],
        breaks,
        mends:
          kind === 'device' ? `make ${path} anew: mknod, or udevadm trigger` : mendRights(path, before, now),
      }
    }
    case 'leads to':
      return {
        ...base,
        what: `${path} on ${context.node} ${now === undefined ? 'is gone' : `leads to ${now}`}; in the golden snapshot it leads to ${before ?? 'nothing'}`,
        proof: [
          `golden snapshot: ${path} -> ${before ?? 'not there'}`,
          `${context.node} now: ${path} -> ${now ?? 'not there'}`,
        ],
        breaks,
        mends: before === undefined ? `rm ${path}` : `ln -sfn ${before} ${path}`,
      }
    case 'size':
      if (before === undefined || now === undefined) return undefined
      return {
        ...base,
        what: `the program ${path} on ${context.node} is another than in the golden snapshot`,
        proof: [`golden snapshot: ${before} bytes`, `${context.node} now: ${now} bytes`],
        breaks,
        mends: `put the program of the image back`,
        soft: true,
      }
    case 'unchangeable':
      if (now === undefined) return undefined
      return {
        ...base,
        what: `${path} on ${context.node} cannot be changed by anybody (chattr +${now})`,
        proof: [`lsattr: ${now} ${path}`],
        breaks,
        mends: `chattr -${now} ${path}`,
      }
    default:
      return undefined
  }
}

/** A file that is new matters where whole folders are read. */
function newFile({ subject: path }: Difference, context: Context, breaks: string[]): Suspicion | undefined {
  const read =
    /\.d\/|^\/etc\/systemd\/system|\.(conf|ini|json|ya?ml)$|^\/etc\/ld\.so\.preload|\/hosts\.(deny|allow)/.test(
      path,
    )
  if (!read) return undefined
  const lines = (context.now.get('text', path) ?? '').split('\n').filter(Boolean)
  return {
    tier: 'changed',
    what: `${context.node} has a file that the golden snapshot has not: ${path}${lines.length > 0 ? `, with "${lines.slice(0, 3).join('", "')}"` : ''}`,
    where: context.node,
    proof: lines.slice(0, 8).map((line) => `+ ${line}`),
    breaks,
    words: wordsOf(path),
    ...changedAt(context, path),
    soft: true,
    mends: `rm ${path}, and restart what reads it`,
  }
}

/** What depends on a file. Nothing, for one that no service is known to read: it is no finding then. */
function brokenBy(path: string, context: Context): string[] {
  const { needs, node } = context
  const unit = /^\/etc\/systemd\/system\/(?:[^/]*\.wants\/)?([^/]+?)\.(service|socket)(?:\.d\/.*)?$/.exec(
    path,
  )?.[1]
  if (unit !== undefined) return broken(needs.partsOfService(unit), node)
  const script = /^\/etc\/(?:init\.d|default|logrotate\.d)\/(.+)$/.exec(path)?.[1]
  if (script !== undefined && needs.partsOfService(script).length > 0)
    return broken(needs.partsOfService(script), node)
  const parts = partsOfPath(context, path)
  if (parts.length > 0 && !/\/(README|.*\.(sample|orig|bak|dpkg-.*))$/.test(path)) return broken(parts, node)
  const matters =
    everybodys.test(path) ||
    everybodysFolders.test(path) ||
    everybodysPrograms.test(path) ||
    /^\/dev\/(null|zero|u?random|tty|ptmx|fuse|loop.*|mapper\/.*|vd.*|net\/tun|vhost.*|kvm)$/.test(path)
  return matters ? [`node ${node}`] : []
}

/** A path, and its last name when that says something. */
const wordsOf = (path: string): string[] => [path]

const valuesOf = (line: string): string[] => {
  const value = /[=\s]\s*(\S{4,})$/.exec(line)?.[1]
  return value === undefined ? [] : [value]
}

function isOtherDevice(path: string, { before, now }: Context): boolean {
  const [was, is] = [before.get('device', path), now.get('device', path)]
  return was !== undefined && is !== undefined && was !== is
}

/** Whether somebody may do less than before. Rights are `type owner:group mode`. */
function tightened(before: string, now: string): boolean {
  const read = (rights: string): { owner: string; mode: number; type: string } => {
    const words = rights.split(' ')
    return {
      mode: parseInt(words.at(-1) ?? '', 8),
      owner: words.at(-2) ?? '',
      type: words.slice(0, -2).join(' '),
    }
  }
  const [was, is] = [read(before), read(now)]
  if (was.type !== is.type) return true
  return was.owner !== is.owner || (was.mode & ~is.mode) !== 0
}

function rightsInWords(path: string, before: string, now: string, { node }: Context): string {
  const [was, is] = [before.split(' '), now.split(' ')]
  if (was[0] !== is[0]) return `${path} on ${node} is a ${now}; in the golden snapshot it is a ${before}`
  const [owner, mode] = [is.at(-2), is.at(-1)]
  const owners = was.at(-2) === owner ? '' : `belongs to ${owner}; in the golden snapshot to ${was.at(-2)}`
  const modes = was.at(-1) === mode ? '' : `has the rights ${mode}; in the golden snapshot ${was.at(-1)}`
  return `${path} on ${node} ${[owners, modes].filter(Boolean).join(', and ')}`
}

function mendRights(path: string, before: string, now: string): string {
  const [was, is] = [before.split(' '), now.split(' ')]
  const owner = was.at(-2) === is.at(-2) ? [] : [`chown ${was.at(-2)} ${path}`]
  const mode = was.at(-1) === is.at(-1) ? [] : [`chmod ${was.at(-1)} ${path}`]
  return [...owner, ...mode].join('; ')
}
