import type { Symptom } from '../contract/index.js'
import { playsRole, type RunningNode, type Topology } from '../cluster/index.js'
import { contentOf, contentScript, filesScript, logScript, stateScript } from './facts/scripts.js'
import { ask, type AskOptions } from './ask.js'
import { quoteWord } from '../shell-word.js'
import { Facts } from './facts/facts.js'
import { readFacts } from './facts/read.js'
import { logLinesOf, type LogLine } from './logs.js'

/** What a node is like, and what could not be found out in time. */
export interface Collected {
  facts: Facts
  logs: LogLine[]
  /** What `ways` printed. */
  said: string
  /** The known lines of logs that it has, with what they mean. */
  symptoms: [Symptom, string[]][]
  unfinished: string[]
  /** Whether not one of the questions was answered. */
  silent: boolean
  /** The host's times between which the node told its clock, ms since 1970. */
  asked: { from: number; to: number }
}

export interface CollectOptions {
  topology: Topology
  signal: AbortSignal
  /** A node that says nothing for so long is given up, ms; one that is only slow goes on. */
  silence: number
  /** Log lines from then on, by the node's clock in ms since 1970; none without. */
  logsSince?: number | undefined
  /**
   * What files said when all was well: those that have changed since are read; without it none. `all`: every one.
   */
  contents?: Facts | 'all' | undefined
  /** Whether it is looked for known lines of logs. */
  symptoms?: boolean
  /** One more script, which waits for others most of its time; its output is handed back as it is. */
  ways?: string | undefined
}

/** Names that nodes look up: those of all nodes. */
const namesIn = (topology: Topology): string[] => [
  ...new Set(topology.nodes.flatMap(({ name, hostName }) => [hostName, name])),
]

/** Where the output of `ways` waits until all else is said. */
const waysFile = '/dev/shm/stackrig-ways'

/**
 * Asks a node for everything, by one command on one of its channels: what is slow then keeps back only what comes after it.
 * What tells most comes first. Never rejects: what went wrong is told in `unfinished`.
 */
export async function collect(node: RunningNode, options: CollectOptions): Promise<Collected> {
  const { topology, signal, silence, logsSince, ways, contents } = options
  const { contract } = topology
  const services = contract.roles[node.plan.role]?.services ?? []
  const own = (contract.facts ?? []).filter(({ role }) => playsRole(node.plan, role))
  const known = options.symptoms ? (contract.symptoms ?? []) : []
  const signs = new Map(
    known
      .filter(({ role }) => playsRole(node.plan, role))
      .map((symptom, index) => [`symptom ${index + 1} of the contract`, symptom]),
  )
  const questions = new Map([
    ['the state', stateScript(namesIn(topology), services.map(unitName))],
    // In a shell of its own: one that is no sh would end all that comes after it.
    ...[...signs].map(([name, { command }]) => [name, `sh -c ${quoteWord(command)}`] as const),
    ...own.map(({ command }, index) => [`facts ${index + 1} of the contract`, command] as const),
    ...(logsSince === undefined ? [] : ([['the logs', logScript(logsSince / 1000)]] as const)),
    ['the files', filesScript],
    ...(contents === 'all' ? ([['what files say', contentScript]] as const) : []),
  ])
  const script = [
    ...(ways === undefined ? [] : [`( ${ways}\n) >${waysFile} 2>/dev/null &`]),
    ...[...questions].map(([name, question]) => `echo; echo '@answer ${name}'; ( ${question}\n)`),
    ...(ways === undefined
      ? []
      : [`wait; echo; echo '@answer the ways'; cat ${waysFile}; rm -f ${waysFile}`]),
    `echo; echo '@answer all'`,
  ].join('\n')
  const asked = { from: Date.now(), to: 0 }
  const { text, failure } = await ask(node, `sh -c ${quoteWord(`echo '@answer greeting'; ${script}`)}`, {
    silence,
    signal,
    // The clock is told among the first; what comes before it says when it was begun.
    onSaid: (data) => {
      if (asked.to === 0 && data.includes('@part ticks')) asked.to = Date.now()
      else if (asked.to === 0) asked.from = Date.now()
    },
  })
  asked.to ||= Date.now()
  const answers = answersIn(text)
  const facts = new Facts()
  const names: string[] = []
  const expected = [...questions.keys(), ...(ways === undefined ? [] : ['the ways'])]
  for (const [index, name] of expected.entries()) {
    const answer = answers.get(name)
    const isNext = answers.has(expected[index + 1] ?? 'all')
    const isText = name === 'the logs' || name === 'the ways' || signs.has(name)
    const whole = isText ? answer !== undefined && isNext : readFacts(answer ?? '', facts).whole
    if (!whole) names.push(name)
  }
  const unfinished = ofNode(node.name, names, failure)
  // Whoever fell silent is not asked once more.
  if (contents !== undefined && contents !== 'all' && failure === undefined) {
    const lacking = await readChanged(node, contents, facts, { silence, signal })
    if (lacking !== undefined) unfinished.push(`what changed files of ${node.name} say: ${lacking}`)
  }
  return {
    ...{ facts, unfinished, asked, silent: answers.size === 0 },
    logs: logLinesOf(node.name, answers.get('the logs') ?? ''),
    said: answers.get('the ways') ?? '',
    symptoms: [...signs].flatMap(([name, symptom]) => {
      const lines = linesOf(answers.get(name) ?? '')
      return lines.length === 0 ? [] : [[symptom, lines]]
    }),
  }
}

/** Of more files that have changed nobody reads what they say. */
const mostFiles = 300

/** Adds what the files of /etc say: of those that have not changed since it is known. Resolves with why that is not all. */
async function readChanged(
  node: RunningNode,
  before: Facts,
  now: Facts,
  limits: AskOptions,
): Promise<string | undefined> {
  const files = [...now.of('rights')].filter(([path, rights]) => {
    return (path.startsWith('/etc/') || path === '/root/.bashrc') && rights.startsWith('regular file')
  })
  const isChanged = (path: string): boolean => now.get('changed', path) !== before.get('changed', path)
  const changed = files.map(([path]) => path).filter(isChanged)
  for (const [path] of files) {
    if (isChanged(path)) continue
    for (const kind of ['content', 'text']) {
      const known = before.get(kind, path)
      if (known !== undefined) now.add(kind, path, known)
    }
  }
  if (changed.length === 0) return undefined
  const { text, failure } = await ask(node, contentOf(changed.slice(0, mostFiles)), limits)
  readFacts(text, now)
  return failure
}

/** What a node did not say: when it was given up, nothing that comes after it either. */
function ofNode(node: string, names: readonly string[], failure: string | undefined): string[] {
  const [first, ...others] = names
  if (first === undefined) return []
  if (failure === undefined) return names.map((name) => `${name} of ${node}: it was not said to its end`)
  return [`${first} of ${node}${others.length > 0 ? ', and what is asked after it' : ''}: ${failure}`]
}

const linesOf = (text: string): string[] => text.trim().split('\n').filter(Boolean)

/** What a node said, by question. */
function answersIn(output: string): Map<string, string> {
  const [, ...parts] = output.split(/^@answer /m)
  return new Map(
    parts.map((part) => {
      const end = part.indexOf('\n')
      return end === -1 ? [part, ''] : [part.slice(0, end), part.slice(end + 1)]
    }),
  )
}

const unitName = (service: string): string => (service.includes('.') ? service : `${service}.service`)
