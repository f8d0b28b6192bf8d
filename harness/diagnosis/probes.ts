import type { Topology } from '../cluster/index.js'
import type { Suspicion } from './finding.js'
import type { Needs } from './needs.js'

/** A way that a node needs: to the port of a part on a node. */
export interface Way {
  from: string
  part: string
  to: string
  /** The name by which it is asked for. */
  host: string
  port: number
}

/** All ways that the parts on the nodes need. */
export function waysOf(topology: Topology, needs: Needs): Way[] {
  const ways = new Map<string, Way>()
  for (const { name: from } of topology.nodes) {
    for (const part of needs.partsOn(from)) {
      for (const need of needs.parts[part]?.needs ?? []) {
        for (const to of needs.nodesOf(need)) {
          const host = topology.nodes.find(({ name }) => name === to)?.hostName ?? to
          for (const port of needs.parts[need]?.ports ?? [])
            ways.set(`${from} ${to} ${port}`, {
              from,
              part: need,
              to,
              host: from === to ? 'localhost' : host,
              port,
            })
        }
      }
    }
  }
  return [...ways.values()]
}

/**
 * Tries ways from the node that needs them, all at once, for so many seconds: a line for each, `way HOST PORT STATUS`; and
 * whether the other nodes answer a ping.
 */
export function probeScript(ways: readonly Way[], others: readonly string[], seconds: number): string {
  const tries = ways.map(({ host, port }) => `try ${host} ${port} &`)
  const pings = others.map(
    (address) => `(ping -c 1 -W ${seconds} ${address} >/dev/null 2>&1; echo "ping ${address} $?") &`,
  )
  return `
seconds=${seconds}
try() {
    if command -v bash >/dev/null; then timeout $seconds bash -c 'exec 3<>/dev/tcp/$0/$1' $1 $2 2>/dev/null
    else timeout $seconds nc -w $seconds $1 $2 </dev/null >/dev/null 2>&1; fi
    echo "way $1 $2 $?"
}
${[...tries, ...pings].join('\n')}
wait
echo; echo @end
`
}

/** timeout(1) says 124 when there was no answer in time. */
const noAnswer = '124'

interface ReadOptions {
  ways: readonly Way[]
  topology: Topology
  from: string
  /** How long each was tried. */
  seconds: number
}

/** What the probes of a node show to be out of reach. */
export function readProbes(output: string, { ways, topology, from, seconds }: ReadOptions): Suspicion[] {
  const found: Suspicion[] = []
  for (const line of output.split('\n')) {
    const [kind, host = '', ...rest] = line.trim().split(' ')
    if (kind === 'ping' && rest[0] !== '0' && rest.length > 0) {
      const to = topology.nodes.find(({ address }) => address === host)?.name ?? host
      found.push({
        tier: 'unreachable',
        what: `${from} does not reach ${to} (${host}) at all: no answer to a ping`,
        where: from,
        proof: [`on ${from}: ping -c 1 ${host} had no answer within ${seconds} s`],
        breaks: [`network ${from}`],
        words: [host],
      })
    }
    if (kind !== 'way' || rest[1] === '0' || rest.length < 2) continue
    const way = ways.find((one) => one.host === host && String(one.port) === rest[0])
    if (!way) continue
    const late = rest[1] === noAnswer
    found.push({
      tier: 'unreachable',
      what: `${from} cannot reach ${way.host}:${way.port} (${way.part}): ${late ? `no answer within ${seconds} s` : 'the connection is refused'}`,
      where: from,
      proof: [
        `on ${from}: a connection to ${way.host}:${way.port} ${late ? 'had no answer' : 'was refused'}`,
      ],
      // Whoever refuses is reached, and has nobody there.
      breaks: late || way.to !== from ? [`reach ${from} ${way.part}`] : [],
      words: [`:${way.port}`],
    })
  }
  return found
}
