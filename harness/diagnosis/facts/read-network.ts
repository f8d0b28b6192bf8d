import type { Facts } from './facts.js'
import type { Part } from './parts.js'

/** Interfaces that come and go with instances, networks and routers. */
export const comesAndGoes = /^(tap|qv[ob]|qb[rm]|qr-|qg-|ha-|sg-|fg-|vnet|veth|rfp-|fpr-|vxlan-|gre-|macvtap)/

/** What `ip`, `iptables-save`, `nft`, `ss` and Open vSwitch's programs say, as facts. */
export function readNetwork({ name, lines }: Part, facts: Facts): boolean {
  const [word = '', ...rest] = name.split(' ')
  if (word === 'rules' || word === 'nft' || word === 'flows') {
    const context = rest.join(' ')
    if (word === 'flows') readFlows(context, lines, facts)
    else if (word === 'nft') readRuleset(lines, facts)
    else readTables(context, lines, facts)
    return true
  }
  const read = readers[name] ?? (name.startsWith('addresses in ') ? () => undefined : undefined)
  if (!read) return false
  if (name === 'switch') readSwitch(lines, facts)
  else for (const line of lines) read(line.trim().split(/\s+/), facts, line)
  return true
}

type LineReader = (words: string[], facts: Facts, line: string) => void

const readers: Record<string, LineReader> = {
  links: ([, device = '', flags = '', ...words], facts) => {
    const name = device.replace(/:$/, '').replace(/@.*/, '')
    if (comesAndGoes.test(name)) return
    const after = (key: string): string => words[words.indexOf(key) + 1] ?? ''
    const carrier = flags.includes('NO-CARRIER') ? ' no carrier' : ''
    const up = /[<,]UP[,>]/.test(flags) ? 'up' : 'down'
    facts.add('link', name, `${up}${carrier} mtu ${after('mtu')}`)
  },
  addresses: ([, device = '', family = '', address = ''], facts) => {
    if (family.startsWith('inet') && !comesAndGoes.test(device))
      facts.add('address', `${address} on ${device}`, 'present')
  },
  routes: (words, facts, line) => {
    if (words[0] === 'local' || /table local|^(broadcast|multicast|anycast|ff00|fe80)/.test(line)) return
    if (!comesAndGoes.test(words[words.indexOf('dev') + 1] ?? ''))
      facts.add('route', words.join(' '), 'present')
  },
  'routing rules': (words, facts) => facts.add('routing rule', words.join(' '), 'present'),
  neighbours: ([address = '', ...words], facts) => facts.add('neighbour', address, words.join(' ')),
  queues: (words, facts) => {
    const device = words[words.indexOf('dev') + 1] ?? ''
    if (comesAndGoes.test(device) || words[0] !== 'qdisc') return
    const at = words.includes('root') ? 'root' : `parent ${words[words.indexOf('parent') + 1]}`
    const [, kind, ...more] = words
    const options = more.slice(more.indexOf(device) + 1).filter((word) => !/^refcnt|^\d+:$/.test(word))
    facts.add('queue', `${device} ${at}`, [kind, ...options].join(' '))
  },
  sockets: (words, facts) => {
    const [protocol = '', ...rest] = words
    if (!/^(tcp|udp)6?$/.test(protocol)) return
    const user = /users:\(\("([^"]*)"/.exec(words.at(-1) ?? '')?.[1] ?? '?'
    const local = rest.find((word) => /:\d+$/.test(word)) ?? ''
    facts.add('listens', `${protocol} ${local}`, user)
    // ss gives the connections that wait to be taken before the addresses: whoever stands still takes none.
    if (protocol === 'tcp' && rest[0] === 'LISTEN' && Number(rest[1]) > 0)
      facts.add('waiting', local, rest[1] ?? '')
  },
  connections: ([, , , peer = ''], facts) => {
    const count = Number(facts.get('connected', peer) ?? 0)
    facts.add('connected', peer, String(count + 1))
  },
  switch: () => undefined,
}

function readTables(context: string, lines: string[], facts: Facts): void {
  let table = ''
  const at = context === '' ? '' : `${context}, `
  for (const line of lines) {
    if (line.startsWith('*')) table = line.slice(1)
    const [chain = '', policy = ''] = line.slice(1).split(' ')
    if (line.startsWith(':') && policy !== '-') facts.add('policy', `${at}${table} ${chain}`, policy)
    if (line.startsWith('-A')) facts.add('rule', `${at}${table}: ${line}`, 'present')
  }
}

/** Tables that iptables keeps in nftables are told by iptables-save. */
function readRuleset(lines: string[], facts: Facts): void {
  let [table, chain, hidden, managed] = ['', '', false, false]
  for (const line of lines) {
    const text = line.trim().replace(/counter packets \d+ bytes \d+ ?/, '')
    if (text.includes('managed by iptables-nft')) managed = true
    else if (line.startsWith('table ')) {
      ;[table, hidden, managed] = [text.replace(/^table | \{$/g, ''), managed, false]
    } else if (text.startsWith('chain ')) chain = text.replace(/^chain | \{$/g, '')
    else if (text !== '}' && text !== '' && !hidden && !text.startsWith('#'))
      facts.add('rule', `nft ${table} ${chain}: ${text}`, 'present')
  }
}

function readSwitch(lines: string[], facts: Facts): void {
  let [bridge, port] = ['', '']
  for (const line of lines) {
    const [key = '', ...rest] = line.trim().split(/\s+/)
    const value = rest.join(' ').replaceAll('"', '')
    if (key === 'Bridge') facts.add('bridge', (bridge = value), 'present')
    else if (key === 'Port') {
      port = value
      if (!comesAndGoes.test(port)) facts.add('port', `${port} of ${bridge}`, 'present')
    } else if (/^(tag:|type:|options:|fail_mode:|error:)$/.test(key) && !comesAndGoes.test(port))
      facts.add('switch setting', `${key.slice(0, -1)} of ${key === 'fail_mode:' ? bridge : port}`, value)
  }
}

/** Agents give each flow of theirs a cookie; what has none was put there by hand, or with the bridge. */
function readFlows(bridge: string, lines: string[], facts: Facts): void {
  // Who answers says a heading.
  if (lines.length === 0) return
  const flows = lines.filter((line) => line.includes('cookie='))
  facts.add('flows', bridge, flows.length > 0 ? 'some' : 'none')
  for (const flow of flows) {
    if (!flow.includes('cookie=0x0,')) continue
    const words = flow.replace(/(cookie|duration|n_packets|n_bytes|idle_age|hard_age)=[^,]*,\s*/g, '').trim()
    facts.add('flow', `${bridge}: ${words}`, 'present')
  }
}
