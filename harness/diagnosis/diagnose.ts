import { availableParallelism, loadavg } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import { humanDuration, milliseconds, type Duration } from '../duration.js'
import { lineForPeople, messageOf } from '../errors/index.js'
import { logger } from '../log.js'
import { cloudAccess, type Cluster, type RunningNode } from '../cluster/index.js'
import { openCloud } from '../openstack/index.js'
import { rejection, withTimeLimit } from '../time-limit.js'
import type { Finding } from '../timeline/index.js'
import { ensureBaseline, type Baseline } from './baseline.js'
import { collect, type Collected } from './collect.js'
import { differencesOf } from './differences.js'
import { failedThings, type Failure } from './failed.js'
import { Facts } from './facts/facts.js'
import type { Suspicion } from './finding.js'
import { saidBy, unheard } from './logs.js'
import { knownLine, looks } from './looks.js'
import { Needs } from './needs.js'
import { probeScript, readProbes, waysOf } from './probes.js'
import { rank } from './rank.js'
import { askCloud, type Reports } from './reports.js'
import { suspect } from './suspect.js'

const log = logger('diagnosis')

/** Tells how long a part of it took. */
async function timed<T>(what: string, work: Promise<T>): Promise<T> {
  const started = performance.now()
  return work.finally(() => log('%s took %s', what, humanDuration(performance.now() - started)))
}

export interface DiagnoseOptions {
  /** What failed; without it everything that users want of the cloud is taken to have failed. */
  failure?: Failure | undefined
  /** When it was first seen that something is wrong, ms since 1970: what began later is no cause of it. */
  firstBad?: number | undefined
  /**
   * How long a node may say nothing, on a machine with nothing else to do; default 30 s; twice what a look at the golden snapshot took
   * when that is longer, two minutes at most. Who goes on saying something has ten minutes: on a slow machine half a look would name a
   * consequence as the first cause. An API has as long to answer, and until all nodes are looked at. The first time also the golden
   * snapshot is looked at, for a minute or so.
   */
  timeout?: Duration
  signal?: AbortSignal | undefined
  /** Called with what could not be found out; without it that is a finding, the last one. */
  onUnfinished?: ((what: string) => void) | undefined
}

/**
 * Why something failed: what differs from the golden snapshot and breaks what failed, what does not run, who does not reach whom.
 * The first finding is the first cause; none when nothing is wrong. Without `onUnfinished` the last one says what could not be
 * looked at, when there is something.
 *
 * It never rejects: it is asked when something has failed already, and that must stay the message.
 */
export async function diagnose(cluster: Cluster, options: DiagnoseOptions = {}): Promise<Finding[]> {
  const left: string[] = []
  const told = options.onUnfinished ?? ((what) => left.push(what))
  const onUnfinished = (what: string): void => {
    told(what.split('\n', 1).join(''))
  }
  const found = await lookEverywhere(cluster, { ...options, onUnfinished }).catch((error: unknown) => {
    onUnfinished(`the diagnosis: ${messageOf(error)}`)
    return []
  })
  return left.length === 0 ? found : [...found, findingForPeople(notWhole(left))]
}

/** Whoever asks for findings alone must not take a look that was cut short for one that saw nothing. */
const notWhole = (left: readonly string[]): Finding => ({
  what: `not everything could be looked at: ${left[0]}`,
  where: 'cloud',
  proof: left.slice(1),
  explains: [],
})

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

async function lookEverywhere(
  cluster: Cluster,
  options: DiagnoseOptions & { onUnfinished: (what: string) => void },
): Promise<Finding[]> {
  const baseline = await baselineOf(cluster, options.onUnfinished, options.signal)
  const least = milliseconds(options.timeout ?? '30s')
  const crowd = crowding()
  const silence = Math.max(least, usual(baseline)) * crowd
  const left: string[] = []
  const ended = AbortSignal.any([cluster.signal, ...(options.signal ? [options.signal] : [])])
  const late = (): Error => new Error(`not finished within ${humanDuration(longestLook)}`)
  const needs = new Needs(cluster.topology)
  const seen = await withTimeLimit({ timeout: longestLook, late, signals: [ended] }, async (signal) => {
    const look = new Look(cluster, {
      needs,
      baseline,
      signal,
      silence,
      unfinished: (what) => left.push(what),
    })
    const looked = look.nodes()
    const [nodes, reports, old] = await Promise.all([
      looked,
      timed('what the APIs say', look.reports(after(looked, least * crowd))),
      baseline
        ? Promise.resolve([])
        : Promise.race([looks(cluster, needs), rejection(signal)]).catch((error: unknown) => {
            left.push(`services, files and names: ${messageOf(error)}`)
            return []
          }),
    ])
    return {
      reports,
      said: nodes.said,
      suspicions: [...nodes.suspicions, ...reports.suspicions, ...old],
    }
  })
  // Half of what is seen of a cluster that ends is no evidence.
  ended.throwIfAborted()
  const { reports, suspicions } = seen
  for (const what of [...left, ...reports.unanswered]) options.onUnfinished(what)
  const { failure, firstBad } = options
  const failed = failedThings(needs, { failure, told: reports.failures, suspicions })
  const said = [failure?.message ?? '', ...reports.failures, ...seen.said].join('\n').toLowerCase()
  const told = suspicions.filter(({ soft, tier }) => failed.shown || (soft !== true && tier !== 'said'))
  return rank(told, { needs, failed: failed.things, said, firstBad }).map(findingForPeople)
}

/**
 * Ends a while after the work has, but not before so many ms. The nodes are looked at while the APIs are asked: on a slow machine
 * the first answers of a fork took 38 s; one that stands still must not take longer than all the rest.
 */
function after(work: Promise<unknown>, least: number): AbortSignal {
  const over = new AbortController()
  const wait = (ms: number): Promise<void> => delay(ms, undefined, { ref: false })
  const end = (): void => over.abort(new Error('it had no answer when all nodes had been looked at'))
  void Promise.allSettled([work.then(() => wait(10_000)), wait(least)]).then(end)
  return over.signal
}

/** A failed scenario waits no longer than this for a look, however much a node goes on saying, ms. */
const longestLook = 600_000

/** ms of silence where a look at the golden snapshot took so long: what is only slow is not to be blamed. */
const usual = (baseline: Baseline | undefined): number => Math.min(120_000, 2 * (baseline?.took ?? 0))

/** How many times slower than alone everything is now, at most four: a look that was cut short would blame whoever was slow. */
const crowding = (): number => Math.min(4, Math.max(1, (loadavg()[0] ?? 0) / availableParallelism() / 2))

async function baselineOf(
  { origin, topology }: Cluster,
  unfinished: (what: string) => void,
  signal: AbortSignal | undefined,
): Promise<Baseline | undefined> {
  if (!origin) return undefined
  const limits = {
    timeout: longestLook,
    late: () => new Error('not finished in time'),
    signals: signal ? [signal] : [],
  }
  try {
    return await withTimeLimit(limits, (either) => ensureBaseline(origin, topology, { signal: either }))
  } catch (error) {
    unfinished(`what the golden snapshot is like: ${messageOf(error)}`)
    return undefined
  }
}

interface LookOptions {
  needs: Needs
  baseline: Baseline | undefined
  signal: AbortSignal
  silence: number
  unfinished: (what: string) => void
}

/** One look at a cluster. */
class Look {
  readonly #cluster: Cluster
  readonly #options: LookOptions

  constructor(cluster: Cluster, options: LookOptions) {
    this.#cluster = cluster
    this.#options = options
  }

  async nodes(): Promise<{ suspicions: Suspicion[]; said: string[] }> {
    const looked = await Promise.all(
      this.#cluster.nodes.map((node) => (node.isOn ? this.#node(node) : Promise.resolve(off(node)))),
    )
    return { suspicions: looked.flatMap((one) => one.suspicions), said: looked.flatMap((one) => one.said) }
  }

  async #node(node: RunningNode): Promise<{ suspicions: Suspicion[]; said: string[] }> {
    const { needs, baseline, signal, silence, unfinished } = this.#options
    const { topology, clockBehind, origin } = this.#cluster
    const ways = waysOf(topology, needs).filter(({ from }) => from === node.name)
    const others = topology.nodes
      .filter(({ name }) => name !== node.name && this.#isOn(name))
      .map(({ address }) => address)
    const seconds = Math.min(30, Math.max(1, Math.round(silence / 4000)))
    const collecting = collect(node, {
      topology,
      signal,
      silence,
      symptoms: true,
      logsSince: baseline && origin ? origin.made.getTime() - 1000 : undefined,
      ways: probeScript(ways, others, seconds),
      contents: baseline?.nodes.get(node.name)?.facts,
    })
    const collected = await timed(`a look at ${node.name}`, collecting)
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
      expectedClock: {
        from: (collected.asked.from - clockBehind) / 1000,
        to: (collected.asked.to - clockBehind) / 1000,
      },
    }
    const fresh = baseline ? unheard(collected.logs, baseline.said) : []
    const suspicions = [
      ...suspect(differences, context),
      ...readProbes(collected.said, { ways, topology, from: node.name, seconds }),
      ...collected.symptoms.map(([symptom, proof]) => knownLine(symptom, { node: node.name, needs, proof })),
      ...saidBy(fresh, needs, (ms) => ms + clockBehind),
    ]
    return { suspicions, said: fresh.map(({ text }) => text) }
  }

  #isOn(name: string): boolean {
    return this.#cluster.nodes.some((node) => node.name === name && node.isOn)
  }

  /** @param over ends what has no answer yet */
  async reports(over: AbortSignal): Promise<Reports> {
    const { needs, silence } = this.#options
    const signal = AbortSignal.any([this.#options.signal, over])
    const { topology } = this.#cluster
    const dial: Cluster['dial'] = (host, port) => this.#cluster.dial(host, port)
    if (!topology.contract.cloud) return { suspicions: [], failures: [], unanswered: [] }
    const { identityUrl, apis, region, credentials } = cloudAccess(topology)
    const timeouts = { request: longestLook, connect: silence / 3, retry: 0 }
    using cloud = openCloud({ dial, identityUrl, apis, region, ...credentials, signal, timeouts })
    return await askCloud(cloud, topology, needs)
  }
}

/** A node that was switched off, or still boots, is a cause of what needs it, and of nothing else. */
function off({ name, isBooting }: RunningNode): { suspicions: Suspicion[]; said: string[] } {
  const suspicion: Suspicion = {
    tier: 'changed',
    what: `${name} ${isBooting ? 'boots' : 'is switched off'}`,
    where: name,
    proof: [isBooting ? 'its shells have not answered since it was switched on' : 'its machine does not run'],
    breaks: [`node ${name}`],
    words: [name],
    mends: `${name}.powerOn()`,
  }
  return { suspicions: [suspicion], said: [] }
}

function silent({ name }: RunningNode, { unfinished }: Collected): Suspicion {
  return {
    tier: 'absent',
    what: `${name} does not answer: not one command on its shell came to an end`,
    where: name,
    proof: unfinished.slice(0, 4),
    breaks: [`node ${name}`, `network ${name}`],
    words: [name],
  }
}
