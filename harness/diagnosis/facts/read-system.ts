import type { Facts } from './facts.js'
import type { Part } from './parts.js'

/** What the kernel and the init system say of clock, names, room, memory, settings and units, as facts. */
export function readSystem({ name, lines }: Part, facts: Facts): boolean {
  if (name === 'properties') {
    readProperties(lines, facts)
    return true
  }
  if (name === 'clock') {
    const [clock = '', hostName = ''] = lines
    const [seconds = '', zone = ''] = clock.split(' ')
    facts.add('clock', 'seconds', seconds)
    facts.add('clock', 'zone', zone)
    facts.add('host name', 'kernel', hostName)
    return true
  }
  const read = readers[name]
  if (!read) return false
  for (const line of lines) read(line.trim().split(/\s+/), facts, line)
  return true
}

type LineReader = (words: string[], facts: Facts, line: string) => void

const unitKinds = /\.(service|socket|mount|path|timer)$/
/** Units that come and go with what a node does. */
const passing = /^(session-|run-|user@|user-runtime|systemd-fsck|sys-|dev-|machine-|proc-)/

const readers: Record<string, LineReader> = {
  // getent ahosts says `192.168.7.2 STREAM controller`, and then the same without the name for other kinds of sockets.
  names: ([address = '', ...names], facts) => {
    for (const name of names.filter((word) => !/^(STREAM|DGRAM|RAW)$/.test(word)))
      if (!facts.get('resolves', name)) facts.add('resolves', name, address)
  },
  mounts: ([device = '', folder = '', type = '', options = ''], facts) => {
    if (/^\/(run\/(netns|user|credentials)|proc\/|var\/lib\/nova\/mnt)/.test(folder)) return
    facts.add('mount', folder, `${device} ${type} ${options.split(',')[0]}`)
  },
  room: (words, facts) => readRoom('room', words, facts),
  'files left': (words, facts) => readRoom('files left', words, facts),
  memory: ([key = '', value = ''], facts) => {
    if (/^(MemTotal|MemAvailable|SwapTotal|SwapFree):$/.test(key))
      facts.add('memory', key.slice(0, -1), value)
  },
  swap: ([device = ''], facts) => {
    if (device.startsWith('/')) facts.add('swap', device, 'present')
  },
  modules: ([module = ''], facts) => facts.add('module', module, 'present'),
  units: ([unit = '', load = '', active = '', sub = ''], facts) => {
    if (unitKinds.test(unit) && !passing.test(unit)) facts.add('unit', unit, `${load} ${active} ${sub}`)
  },
  'volume groups': ([group = '', attributes = '', size = '', free = ''], facts) => {
    facts.add('volume group', group, `${attributes} ${size} MiB`)
    facts.add('volume room', group, free)
  },
  cgroups: (_, facts, line) => {
    const [, path = '', control = '', value = ''] = /^\/sys\/fs\/cgroup\/(.*)\/([^/]*):(.*)$/.exec(line) ?? []
    if (/\.(service|scope)$/.test(path)) facts.add('control group', `${control} of ${path}`, value)
  },
  settings: (_, facts, line) => {
    const [, key = '', value = ''] = /^(\S+) = (.*)$/.exec(line) ?? []
    if (key !== '' && !volatileSetting.test(key)) facts.add('setting', key, value.replaceAll(/\s+/g, ' '))
  },
  uptime: ([seconds = ''], facts) => facts.add('clock', 'uptime', seconds),
}

const volatileSetting =
  /^(fs\.(dentry-state|inode-nr|inode-state|file-nr|aio-nr|quota\.)|kernel\.(random|ns_last_pid|pty\.nr|hostname|sched_domain|tainted|perf_event|boot)|net\.netfilter\.nf_conntrack_count|net\.ipv[46]\.(conf|neigh)\.(tap|q|vnet|ovs|br-|veth|vxlan)|dev\.cdrom)/

function readRoom(kind: string, words: string[], facts: Facts): void {
  const [device = '', all = '', , left = '', used = '', folder = ''] = words
  if (!/%$/.test(used) || /^(devtmpfs|udev)$/.test(device)) return
  if (/^\/(run|dev|sys|proc)\/(user|credentials|netns)/.test(folder)) return
  facts.add(kind, folder, `${used} of ${all}, ${left} left`)
}

/** `systemctl show` of several units: an empty line, which was dropped, stands between them; each has its Id somewhere. */
function readProperties(lines: string[], facts: Facts): void {
  let block: [string, string][] = []
  const flush = (): void => {
    const id = block.find(([key]) => key === 'Id')?.[1]
    if (id !== undefined) for (const [key, value] of block) facts.add('property', `${key} of ${id}`, value)
    block = []
  }
  for (const line of lines) {
    const at = line.indexOf('=')
    const key = line.slice(0, at)
    if (block.some(([seen]) => seen === key)) flush()
    block.push([key, line.slice(at + 1)])
  }
  flush()
}
