import type { Facts } from './facts.js'
import type { Part } from './parts.js'

/** Files that services write while they work, or that are no configuration. */
const written =
  /^\/etc\/(mtab|adjtime|ld\.so\.cache|libvirt\/qemu\/|lvm\/(archive|backup|devices)|iscsi\/|tgt\/conf\.d\/|resolv\.conf\.|\.updated|blkid|machine-id|openvswitch\/(conf\.db|\.conf)|\.pwd\.lock)|\.arriving$/

const kindOf: Record<string, string> = {
  devices: 'device',
  programs: 'program',
  folders: 'folder',
  files: 'file',
}

/** What `stat`, `md5sum` and `grep` say of files, as facts: rights, sums, times of change, and the lines of small ones. */
export function readFiles({ name, lines }: Part, facts: Facts): boolean {
  const kind = kindOf[name]
  if (kind !== undefined) {
    for (const line of lines) readStat(kind, line, facts)
    return true
  }
  const read = readers[name]
  if (!read) return false
  for (const line of lines) read(line, facts)
  return true
}

/** A path may have spaces; what stat says of it has a known form. */
const statLine =
  /^(.+) (regular file|regular empty file|directory|symbolic link|socket|fifo|character special file|block special file) (\d+) (\S+):(\d+):(\d+) (\S+) (\d+)$/

/** The same of find(1), with the target of a link. */
const findLine = /^(.+) ([fdlspcb]) (\d+) (\S+):(\d+):(\d+) (\d+) (\d+)(?:\.\d+)? (.*)$/
const typeOf: Record<string, string> = {
  f: 'regular file',
  d: 'directory',
  l: 'symbolic link',
  s: 'socket',
  p: 'fifo',
  c: 'character special file',
  b: 'block special file',
}

interface Stat {
  path: string
  type: string
  mode: string
  owner: string
  size: string
  time: string
  target?: string
}

function statOf(line: string): Stat | undefined {
  const found = statLine.exec(line) ?? findLine.exec(line)
  if (!found) return undefined
  const [
    ,
    path = '',
    type = '',
    mode = '',
    names = '',
    user = '',
    group = '',
    size = '',
    time = '',
    target = '',
  ] = found
  return {
    ...{ path, mode, size, time, owner: ownerOf(names, user, group) },
    type: (typeOf[type] ?? type).replace('empty ', ''),
    ...(target !== '' && { target }),
  }
}

function readStat(kind: string, line: string, facts: Facts): void {
  const { path = '', type = '', mode, owner, size = '', time = '', target } = statOf(line) ?? {}
  if (path === '' || written.test(path)) return
  if (kind === 'device' && !type.includes('special') && type !== 'directory') return
  facts.add('rights', path, `${type} ${owner} ${mode}`)
  if (kind === 'file' && target !== undefined) facts.add('leads to', path, target)
  if (kind === 'device' && type.includes('special')) facts.add('device', path, size)
  if (kind === 'program') facts.add('size', path, size)
  facts.add('changed', path, time)
}

/** By name, by number where there is none. */
function ownerOf(names: string, user: string, group: string): string {
  const [userName = '', groupName = ''] = names.split(':')
  const known = (name: string, id: string): string => (/^(UNKNOWN|\?|)$/.test(name) ? id : name)
  return `${known(userName, user)}:${known(groupName, group)}`
}

const readers: Record<string, (line: string, facts: Facts) => void> = {
  digests: (line, facts) => {
    const [, sum = '', path = ''] = /^([0-9a-f]{32}) [ *](.*)$/.exec(line) ?? []
    if (path !== '' && !written.test(path)) facts.add('content', path, sum)
  },
  'links of files': (line, facts) => {
    const [, path = '', target = ''] = / (\/etc\/.*) -> (.*)$/.exec(line) ?? []
    if (path !== '' && !written.test(path)) facts.add('leads to', path, target)
  },
  unchangeable: (line, facts) => {
    const [attributes = '', ...path] = line.split(' ')
    facts.add('unchangeable', path.join(' ').trim(), attributes.replaceAll('-', ''))
  },
  'large files': (line, facts) => {
    const { path = '', size, time } = statOf(line) ?? {}
    if (path !== '') facts.add('large file', path, `${size} ${time}`)
  },
  texts: (line, facts) => {
    const [, path = '', text = ''] = /^(\/[^:]*):(.*)$/.exec(line) ?? []
    if (path === '' || written.test(path)) return
    const before = facts.get('text', path)
    facts.add('text', path, before === undefined ? text.trimEnd() : `${before}\n${text.trimEnd()}`)
  },
}
