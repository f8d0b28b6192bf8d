import type { Difference } from '../differences.js'
import type { Suspicion } from '../finding.js'
import { nodeOfAddress, type Context } from './context.js'

/** Chains that agents and libvirt keep; what they put there comes and goes with instances. */
const keptByServices = /neutron-|quantum-|nova-|LIBVIRT|DOCKER|-(j|A) (sg|PREROUTING_direct)/

const word = (rule: string, ...options: string[]): string | undefined => {
  for (const option of options) {
    const found = new RegExp(`(?:^| )${option} (?:\\{ ?)?([^ ]+)`).exec(rule)?.[1]
    if (found !== undefined) return found
  }
  return undefined
}

/** A rule of a packet filter that is new and keeps packets away, or one that is gone. */
export function packetFilter(difference: Difference, context: Context): Suspicion | undefined {
  const { subject: rule, now, before, kind } = difference
  if (keptByServices.test(rule)) return undefined
  const drops =
    /-j (DROP|REJECT|TARPIT|NOTRACK)|\b(drop|reject)\b|-j (DNAT|REDIRECT|TEE)|\b(dnat|redirect)\b/.test(rule)
  if (kind === 'rule' && now !== undefined && !drops) return undefined
  const policy = kind === 'policy'
  if (policy && (now === undefined || before === undefined || now === 'ACCEPT')) return undefined
  const to = concerned(rule, context)
  const gone = now === undefined ? 'has no longer' : 'has'
  const verb = now === undefined ? '' : /REJECT|reject/.test(rule) ? 'rejects' : 'drops'
  const what = policy
    ? `${context.node} ${now === 'DROP' ? 'drops' : `treats as ${now ?? ''}`} every packet of the chain ${rule} that no rule lets in`
    : now === undefined
      ? `${context.node} has lost a rule of its packet filter`
      : `${context.node} ${/DNAT|REDIRECT|dnat|redirect/.test(rule) ? 'redirects' : verb} ${to.what}`
  return {
    tier: 'changed',
    what,
    where: context.node,
    proof: [
      `its packet filter ${gone} a rule that the golden snapshot has${now === undefined ? '' : ' not'}:`,
      policy ? `${rule} ${now}` : rule,
    ],
    breaks: to.breaks,
    words: to.words,
    mends: undoing(rule, now),
  }
}

/** What a rule lets nobody do, and what that breaks. */
function concerned(rule: string, context: Context): { what: string; breaks: string[]; words: string[] } {
  const { needs, node } = context
  const protocol = word(rule, '-p') ?? /\b(tcp|udp|icmp)\b/.exec(rule)?.[1] ?? ''
  const ports = (word(rule, '--dports?', '--sports?', '[ds]port') ?? '')
    .replace('}', '')
    .split(',')
    .filter(Boolean)
  const out = /\b(OUTPUT|POSTROUTING|output|postrouting)\b/.test(rule)
  const [source, target] = [word(rule, '-s', 'saddr'), word(rule, '-d', 'daddr')]
  const names = (address: string): string => nodeOfAddress(context, address) ?? address
  const from = source === undefined ? '' : ` from ${names(source)}`
  const towards = target === undefined ? '' : ` to ${names(target)}`
  const port = ports.length > 0 ? ` to port ${ports.join(', ')}${meaning(ports, needs)}` : ''
  const what = `${out ? 'what it sends' : 'what comes'}${protocol === '' ? '' : ` by ${protocol.toUpperCase()}`}${from}${towards}${port}`
  const parts = Object.entries(needs.parts).filter(([, { ports: own = [] }]) =>
    own.some((one) => ports.some((range) => covers(range, one))),
  )
  const reaches = parts.flatMap(([part]) => {
    const here = needs.nodesOf(part).includes(node)
    const seekers = here && !out ? context.topology.nodes.map(({ name }) => name) : [node]
    const asking =
      source === undefined || out
        ? seekers
        : seekers.filter((name) => name === nodeOfAddress(context, source))
    return asking.map((name) => `reach ${name} ${part}`)
  })
  const special = [
    ...(ports.some((range) => [67, 68, 53].some((one) => covers(range, one))) && protocol !== 'tcp'
      ? ['addresses']
      : []),
    ...(ports.some((range) => [4789, 8472].some((one) => covers(range, one))) || /gre/.test(protocol)
      ? ['tunnels']
      : []),
    ...(/^in q(dhcp)/.test(rule) && ports.length === 0 ? ['addresses'] : []),
  ]
  const metadata = ports.some((range) => covers(range, 8775))
    ? needs.nodesOf('compute API').map((on) => `part compute API@${on}`)
    : []
  const breaks = [...reaches, ...special, ...metadata]
  const space = /^in ([^\s,]+),/.exec(rule)?.[1]
  const all =
    breaks.length > 0
      ? breaks
      : ports.length === 0 && space === undefined && !/-i lo/.test(rule)
        ? [`network ${node}`]
        : []
  return {
    what: `${what}${space === undefined ? '' : ` in ${space}`}`,
    breaks: all,
    words: ports.map((range) => `:${range}`),
  }
}

const known: Record<string, string> = {
  67: 'DHCP',
  68: 'DHCP',
  4789: 'VXLAN',
  53: 'DNS',
  5672: 'AMQP',
  5432: 'PostgreSQL',
}

function meaning(ports: string[], needs: Context['needs']): string {
  const [port = ''] = ports
  const part = Object.entries(needs.parts).find(([, { ports: own = [] }]) => own.includes(Number(port)))?.[0]
  const said = known[port] ?? part
  return said === undefined ? '' : ` (${said})`
}

function covers(range: string, port: number): boolean {
  const [first = '', last = first] = range.split(/[:-]/)
  return Number(first) <= port && port <= Number(last)
}

function undoing(rule: string, now: string | undefined): string {
  if (rule.startsWith('nft ')) return 'nft -a list ruleset shows its handle; nft delete rule removes it'
  const [, table = 'filter', words = rule] =
    /^(?:in \S+, )?(?:IPv6, |ebtables, )?(\w+): (.*)$/.exec(rule) ?? []
  const program = rule.startsWith('IPv6')
    ? 'ip6tables'
    : rule.startsWith('ebtables')
      ? 'ebtables'
      : 'iptables'
  const space = /^in ([^\s,]+),/.exec(rule)?.[1]
  const inside = space === undefined ? '' : `ip netns exec ${space} `
  if (!words.startsWith('-A')) return `${inside}${program} -P ${rule.split(' ').at(-1)} ACCEPT`
  const table_ = table === 'filter' ? '' : `-t ${table} `
  return `${inside}${program} ${table_}${now === undefined ? words : words.replace('-A', '-D')}`
}
