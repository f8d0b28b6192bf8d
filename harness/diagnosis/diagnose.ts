import { availableParallelism, loadavg } from 'node:os'
import { humanDuration, milliseconds, type Duration } from '../duration.js'
import { lineForPeople, messageOf } from '../errors/index.js'
import { cloudAccess } from '../cluster/index.js'
import { openCloud } from '../openstack/index.js'
import { ensureBaseline, readBaseline, type Baseline } from './baseline.js'
import { collect, type Collected } from './collect.js'
import { differencesOf } from './differences.js'
import { failedThings, type Failure } from './failed.js'
import { Facts } from './facts/facts.js'
import type { Finding, Suspicion } from './finding.js'
import { saidBy, unheard } from './logs.js'
import type { ClusterLookedAt, NodeLookedAt } from './looked-at.js'
import { looks, symptoms } from './looks.js'
import { Needs } from './needs.js'
import { probeScript, readProbes, waysOf } from './probes.js'
import { rank } from './rank.js'
import { askCloud, type Reports } from './reports.js'
import { suspect } from './suspect.js'

export interface DiagnoseOptions {
  /** What failed; without it everything that users want of the cloud is taken to have failed. */
  failure?: Failure | undefined
  /** When it was first seen that something is wrong, ms since 1970: what began later is no cause of it. */
  firstBad?: number | undefined
  /** Of the looks themselves, on a machine with nothing else to do; default 30 s. The first time also the golden snapshot is looked at, for a minute or so. */
  timeout?: Duration
  signal?: AbortSignal | undefined
  /** Called with what could not be found out. */
  onUnfinished?: ((what: string) => void) | undefined
}

/**
 * Why something failed: what differs from the golden snapshot and breaks what failed, what does not run, who does not reach whom.
 * The first finding is the first cause; none when nothing is wrong.
 *
 * It never rejects: it is asked when something has failed already, and that must stay the message.
 */
export async function diagnose(cluster: ClusterLookedAt, options: DiagnoseOptions = {}): Promise<Finding[]> {
  try {
    return await lookEverywhere(cluster, options)
  } catch (error) {
    options.onUnfinished?.(`the diagnosis: ${messageOf(error)}`)
    return []
  }
}

/** A finding whose texts may be shown: guests said most of them. */
function findingForPeople(finding: Finding): Finding {
  const { what, where, proof, explains, mends } = finding
  return {
    ...finding,
    what: lineForPeople(what),
    where: lineForPeople(where),
    proof: proof.slice(0, 20).map(lineForPeople),
    explains: explains.slice(0, 40).map(lineForPeople),
    ...(mends === undefined ? {} : { mends: lineForPeople(mends) }),
  }
}

/** For people: each finding in a few lines. */
export function findingLines({ what, since, proof, explains, mends }: Finding): string[] {
  return [
    `${what}${since === undefined ? '' : ` (since ${new Date(since).toISOString().slice(11, 19)})`}`,
    ...proof.map((line) => `  ${line}`),
    ...explains.map((line) => `  so ${line}`),
    ...(mends === undefined ? [] : [`  mends it: ${mends}`]),
  ]
}

async function lookEverywhere(cluster: ClusterLookedAt, options: DiagnoseOptions): Promise<Finding[]> {
  const { topology } = cluster
  const unfinished = (what: string): void => options.onUnfinished?.(what)
  const baseline = await baselineOf(cluster, unfinished, options.signal)
  const limit = milliseconds(options.timeout ?? '30s') * crowding()
  const late = new AbortController()
  const timer = setTimeout(() => late.abort(new Error(`not finished within ${humanDuration(limit)}`)), limit)
  const signal = AbortSignal.any([late.signal, cluster.signal, ...(options.signal ? [options.signal] : [])])
  const needs = new Needs(topology)
  try {
    const look = new Look(cluster, { needs, baseline, signal, timeout: limit, unfinished })
    const [nodes, reports, known, old] = await Promise.all([
      look.nodes(),
      look.reports(),
      symptoms(cluster, needs, { timeout: limit, signal }).catch(() => []),
      baseline ? Promise.resolve([]) : looks(cluster, needs).catch(() => []),
    ])
    for (const what of reports.unanswered) unfinished(what)
    const suspicions = [...nodes.suspicions, ...reports.suspicions, ...known, ...old]
    const { failure, firstBad } = options
    const failed = failedThings(needs, { failure, told: reports.failures, suspicions })
    const said = [failure?.message ?? '', ...reports.failures, ...nodes.said].join('\n').toLowerCase()
    const told = suspicions.filter(({ soft }) => failed.shown || soft !== true)
    return rank(told, { needs, failed: failed.things, said, firstBad }).map(findingForPeople)
  } finally {
    clearTimeout(timer)
  }
}

/** How many times slower than alone everything is now, at most ten: a look that was cut short would blame whoever was slow. */
const crowding = (): number => Math.min(10, Math.max(1, (loadavg()[0] ?? 0) / availableParallelism() / 2))

async function baselineOf(
  { origin, topology }: ClusterLookedAt,
  unfinished: (what: string) => void,
  signal: AbortSignal | undefined,
): Promise<Baseline | undefined> {
  if (!origin) return undefined
  try {
    return (await readBaseline(origin, topology)) ?? (await ensureBaseline(origin, topology, { signal }))
  } catch (error) {
    unfinished(`what the golden snapshot is like: ${messageOf(error)}`)
    return undefined
  }
}

interface LookOptions {
  needs: Needs
  baseline: Baseline | undefined
  signal: AbortSignal
  timeout: number
  unfinished: (what: string) => void
}

/** One look at a cluster. */
class Look {
  readonly #cluster: ClusterLookedAt
  readonly #options: LookOptions

  constructor(cluster: ClusterLookedAt, options: LookOptions) {
    this.#cluster = cluster
    this.#options = options
  }

  async nodes(): Promise<{ suspicions: Suspicion[]; said: string[] }> {
    const looked = await Promise.all(
      this.#cluster.nodes.map((node) => (node.isOn ? this.#node(node) : Promise.resolve(off(node)))),
    )
    return { suspicions: looked.flatMap((one) => one.suspicions), said: looked.flatMap((one) => one.said) }
  }

  async #node(node: NodeLookedAt): Promise<{ suspicions: Suspicion[]; said: string[] }> {
    const { needs, baseline, signal, timeout, unfinished } = this.#options
    const { topology, clockBehind, origin } = this.#cluster
    const ways = waysOf(topology, needs).filter(({ from }) => from === node.name)
    const others = topology.nodes
      .filter(({ name }) => name !== node.name && this.#isOn(name))
      .map(({ address }) => address)
    const collected = await collect(node, {
      topology,
      signal,
      timeout,
      logsSince: baseline && origin ? origin.made.getTime() - 1000 : undefined,
      extra: probeScript(ways, others),
    })
    for (const what of collected.unfinished) unfinished(what)
    if (collected.silent) return { suspicions: [silent(node, collected)], said: [] }
    const known = baseline?.nodes.get(node.name)
    const before = known?.facts ?? new Facts()
    const whole = collected.unfinished.length === 0
    const differences = known
      ? differencesOf(node.name, before, collected.facts, { volatile: known.volatile, whole })
      : []
    const hostTime = (seconds: number): number => seconds * 1000 + clockBehind
    const context = {
      ...{ topology, needs, node: node.name, before, now: collected.facts, hostTime },
      expectedClock: (collected.asked - clockBehind) / 1000,
    }
    const fresh = baseline ? unheard(collected.logs, baseline.said) : []
    const suspicions = [
      ...suspect(differences, context),
      ...readProbes(collected.said, { ways, topology, from: node.name }),
      ...saidBy(fresh, needs, (ms) => ms + clockBehind),
    ]
    return { suspicions, said: fresh.map(({ text }) => text) }
  }

  #isOn(name: string): boolean {
    return this.#cluster.nodes.some((node) => node.name === name && node.isOn)
  }

  async reports(): Promise<Reports> {
    const { needs, signal, timeout } = this.#options
    const { topology } = this.#cluster
    const dial: ClusterLookedAt['dial'] = (host, port) => this.#cluster.dial(host, port)
    if (!topology.contract.cloud) return { suspicions: [], failures: [], unanswered: [] }
    const { identityUrl, apis, region, credentials } = cloudAccess(topology)
    const request = Math.min(15_000, timeout / 2)
    const timeouts = { request, connect: 5_000, retry: 0 }
    using cloud = openCloud({ dial, identityUrl, apis, region, ...credentials, signal, timeouts })
    return await askCloud(cloud, topology, needs)
  }
}

/** A node that was switched off is a cause of what needs it, and of nothing else. */
function off({ name }: NodeLookedAt): { suspicions: Suspicion[]; said: string[] } {
  const suspicion: Suspicion = {
    tier: 'changed',
    what: `${name} is switched off`,
    where: name,
    proof: ['its machine does not run'],
    breaks: [`node ${name}`],
    words: [name],
    mends: `${name}.powerOn()`,
  }
  return { suspicions: [suspicion], said: [] }
}

function silent({ name }: NodeLookedAt, { unfinished }: Collected): Suspicion {
  return {
    tier: 'absent',
    what: `${name} does not answer: not one command on its shell came to an end`,
    where: name,
    proof: unfinished.slice(0, 4),
    breaks: [`node ${name}`, `network ${name}`],
    words: [name],
  }
}
