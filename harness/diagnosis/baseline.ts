import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readdir, readFile, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import * as z from 'zod'
import type { Cluster, Origin, Topology } from '../cluster/index.js'
import { StackrigError } from '../errors/index.js'
import { humanDuration } from '../duration.js'
import { lockFile } from '../file-lock.js'
import { makeFolder } from '../make-folder.js'
import { cacheFolder } from '../paths.js'
import { replaceFile } from '../replace-file.js'
import { snapshotRoot } from '../snapshot/index.js'
import { withTimeLimit } from '../time-limit.js'
import { collect, type Collected } from './collect.js'
import { differencesOf, factKey } from './differences.js'
import { Facts } from './facts/facts.js'
import { contentScript, filesScript, logScript, stateScript } from './facts/scripts.js'
import { templateOf } from './logs.js'

/** What a node was like when all was well. */
export interface NodeBaseline {
  facts: Facts
  /** Facts that differ between two looks at a cluster that nothing was done to: kind and subject. */
  volatile: ReadonlySet<string>
}

/** What the nodes of a golden snapshot are like, and what their logs say. */
export interface Baseline {
  nodes: ReadonlyMap<string, NodeBaseline>
  /** Templates of log lines. */
  said: ReadonlySet<string>
  /** How long a look at all nodes took on this machine, ms. */
  took: number
}

const factsSchema = z.array(z.tuple([z.string(), z.array(z.tuple([z.string(), z.string()]))]))
const schema = z.strictObject({
  nodes: z.array(z.strictObject({ name: z.string(), facts: factsSchema, volatile: z.array(z.string()) })),
  said: z.array(z.string()),
  took: z.number(),
})

const baselineRoot = (): string => join(cacheFolder(), 'baselines')

/** Beside the golden snapshots: one file for each, and for each form of the questions. */
function fileOf({ folder, key }: Pick<Origin, 'folder' | 'key'>, contractFacts: unknown): string {
  const questions = JSON.stringify([
    stateScript([], []),
    filesScript,
    contentScript,
    logScript(0),
    contractFacts,
  ])
  const digest = createHash('sha256').update(key).update(questions).digest('hex').slice(0, 12)
  return join(baselineRoot(), `${basename(folder)}-${digest}.json.gz`)
}

export interface BaselineOptions {
  signal?: AbortSignal | undefined
  onProgress?: ((what: string) => void) | undefined
}

/** What is known of a golden snapshot; undefined when nobody has looked yet. */
async function readBaseline(
  origin: Pick<Origin, 'folder' | 'key'>,
  topology: Topology,
): Promise<Baseline | undefined> {
  const file = fileOf(origin, topology.contract.facts)
  try {
    const { nodes, said, took } = schema.parse(JSON.parse(gunzipSync(await readFile(file)).toString()))
    return {
      nodes: new Map(
        nodes.map(({ name, facts, volatile }) => [
          name,
          { facts: Facts.from(facts), volatile: new Set(volatile) },
        ]),
      ),
      said: new Set(said),
      took,
    }
  } catch {
    return undefined
  }
}

/**
 * What the nodes of a golden snapshot are like: of a fresh fork of it, the first time; kept beside the snapshots. Of several
 * processes one looks.
 * @throws StackrigError WAIT_TIMEOUT when a node does not tell all because it says nothing for a quarter of an hour, or goes on for an hour, and those of a fork.
 */
export async function ensureBaseline(
  origin: Origin,
  topology: Topology,
  { signal, onProgress }: BaselineOptions = {},
): Promise<Baseline> {
  const known = await readBaseline(origin, topology)
  if (known) return known
  makeFolder(baselineRoot(), 0o700)
  const file = fileOf(origin, topology.contract.facts)
  const lock = await lockFile(join(cacheFolder(), 'locks', `${basename(file)}.lock`), { signal })
  try {
    return (
      (await readBaseline(origin, topology)) ?? (await make(file, origin, topology, { signal, onProgress }))
    )
  } finally {
    await lock.release()
  }
}

async function make(
  file: string,
  origin: Origin,
  topology: Topology,
  { signal, onProgress }: BaselineOptions,
): Promise<Baseline> {
  onProgress?.('looking at what the nodes are like when all is well')
  await using cluster = await origin.fork({ signal })
  const first = await lookAtAll(cluster, signal)
  // What has changed by then on a cluster that nothing was done to changes by itself.
  const started = performance.now()
  const second = await lookAtAll(cluster, signal)
  const took = Math.round(performance.now() - started)
  const nodes = [...first].map(([name, { facts }]) => {
    const again = second.get(name)?.facts ?? facts
    const volatile = differencesOf(name, facts, again).map(({ kind, subject }) => factKey(kind, subject))
    return { name, facts: facts.toJSON(), volatile }
  })
  const said = [
    ...new Set(
      [...first.values(), ...second.values()].flatMap(({ logs }) => logs.map(({ text }) => templateOf(text))),
    ),
  ]
  replaceFile(file, gzipSync(JSON.stringify({ nodes, said, took })))
  await removeOld(file)
  const baseline = await readBaseline(origin, topology)
  if (!baseline) throw new TypeError(`${file} must be readable`)
  return baseline
}

/** A contract may ask for something that never ends, ms. */
const longestLook = 3_600_000

function lookAtAll(cluster: Cluster, signal: AbortSignal | undefined): Promise<Map<string, Collected>> {
  const limits = {
    timeout: longestLook,
    late: () => new Error(`it was not at its end after ${humanDuration(longestLook)}`),
    signals: [signal ?? cluster.signal],
  }
  return withTimeLimit(limits, (either) => lookAtEach(cluster, either))
}

async function lookAtEach(cluster: Cluster, signal: AbortSignal): Promise<Map<string, Collected>> {
  const { topology } = cluster
  const looked = cluster.nodes.map(async (node) => {
    const options = {
      topology,
      signal,
      silence: 900_000,
      logsSince: 0,
      contents: 'all' as const,
    }
    const collected = await collect(node, options)
    // Half of it would be taken for evidence for as long as it is kept.
    if (collected.unfinished.length > 0)
      throw new StackrigError('WAIT_TIMEOUT', 'a look at a golden snapshot must come to its end', {
        where: node.name,
        seen: collected.unfinished.join('\n'),
      })
    return [node.name, collected] as const
  })
  return new Map(await Promise.all(looked))
}

/** Those of snapshots that are no more, and of this one those that asked otherwise. */
async function removeOld(keep: string): Promise<void> {
  for (const name of await readdir(baselineRoot())) {
    const snapshot = name.replace(/-[0-9a-f]{12}\.json\.gz$/, '')
    const gone = !existsSync(join(snapshotRoot(), snapshot))
    const older = keep.includes(`/${snapshot}-`) && !keep.endsWith(name)
    if (gone || older) await rm(join(baselineRoot(), name), { force: true })
  }
}
