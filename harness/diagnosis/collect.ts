import { messageOf } from '../errors/index.js'
import { playsRole, type Topology } from '../cluster/index.js'
import { filesScript, logScript, stateScript } from './facts/scripts.js'
import { Facts } from './facts/facts.js'
import { readFacts } from './facts/read.js'
import { logLinesOf, type LogLine } from './logs.js'
import type { NodeLookedAt } from './looked-at.js'

/** What a node is like, and what could not be found out in time. */
export interface Collected {
  facts: Facts
  logs: LogLine[]
  /** What `extra` printed. */
  said: string
  unfinished: string[]
  /** Whether not one of the questions was answered. */
  silent: boolean
  /** The host's time at which the node was asked for its clock, ms since 1970. */
  asked: number
}

export interface CollectOptions {
  topology: Topology
  signal: AbortSignal
  /** ms */
  timeout: number
  /** Log lines from then on, by the node's clock in ms since 1970; none without. */
  logsSince?: number | undefined
  /** One more script, whose output is handed back as it is. */
  extra?: string | undefined
}

/** Names that nodes look up: those of all nodes. */
const namesIn = (topology: Topology): string[] => [
  ...new Set(topology.nodes.flatMap(({ name, hostName }) => [hostName, name])),
]

/** Asks a node for everything, in a few commands at once. Never rejects: what went wrong is told in `unfinished`. */
export async function collect(node: NodeLookedAt, options: CollectOptions): Promise<Collected> {
  const { topology, signal, timeout, logsSince, extra } = options
  const { contract } = topology
  const services = contract.roles[node.plan.role]?.services ?? []
  const own = (contract.facts ?? []).filter(({ role }) => playsRole(node.plan, role))
  const facts = new Facts()
  const unfinished: string[] = []
  const asked = Date.now()
  let answered = 0
  const ask = async (what: string, script: string): Promise<string> => {
    const said: Buffer[] = []
    try {
      await node.execute(`sh -c ${quoted(script)}`, {
        timeout,
        signal,
        onOutput: (stream, data) => {
          if (stream === 'stdout') said.push(data)
        },
        outputLimit: 1024,
      })
      answered += 1
    } catch (error) {
      unfinished.push(`${what} of ${node.name}: ${messageOf(error).split('\n')[0]}`)
    }
    if (said.length > 0) answered += 1
    return Buffer.concat(said).toString()
  }
  const read = async (what: string, script: string): Promise<void> => {
    const { whole } = readFacts(await ask(what, script), facts)
    if (!whole && !unfinished.some((one) => one.startsWith(what))) unfinished.push(`${what} of ${node.name}`)
  }
  // So short that also a node that is very busy has an answer.
  const greeted = ask('a greeting', ':')
  const [logs, said] = await Promise.all([
    logsSince === undefined ? Promise.resolve('') : ask('the logs', logScript(logsSince / 1000)),
    extra === undefined ? Promise.resolve('') : ask('the ways', extra),
    read('the state', stateScript(namesIn(topology), services.map(unitName))),
    read('the files', filesScript),
    ...own.map(({ command }, index) => read(`facts ${index + 1} of the contract`, command)),
  ])
  await greeted
  return { facts, logs: logLinesOf(node.name, logs), said, unfinished, silent: answered === 0, asked }
}

const unitName = (service: string): string => (service.includes('.') ? service : `${service}.service`)

const quoted = (script: string): string => `'${script.replaceAll("'", `'\\''`)}'`
