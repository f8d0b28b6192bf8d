import { join, relative } from 'node:path'
import type { Browser } from 'playwright-core'
import { test as base, type RunnerTestCase, type TestAPI } from 'vitest'
import { cloudOf, guestDisk, Invariants, openBrowser, isStage, type Start } from '../cloud/index.js'
import type { Cluster, RunningNode } from '../cluster/index.js'
import { StackrigError } from '../errors/index.js'
import { makeFaults } from '../faults/index.js'
import type { Cloud } from '../openstack/index.js'
import { setPresentTimeline, withOwnTimeline, type TimelineFile } from '../timeline/index.js'
import { collectLogs } from './evidence.js'
import { projectFolder } from '../paths.js'
import { ForkPool, recordOf, type Snapshot } from '../snapshot/index.js'
import { OwnCluster, StopAfterStep } from './hold.js'
import { interruption } from './interruption.js'
import { layOverlays } from './overlays.js'
import { nextScenario, noteStart } from './next-scenario.js'
import { fixtureNames, nodesByName, type NodeFixtures } from './node-fixtures.js'
import { PacketRecord } from './packet-record.js'
import { PagesRecord } from './pages-record.js'
import { prepare } from './prepare.js'
import { reportDiagnosis } from './report-diagnosis.js'
import { scenarioFolder } from './results.js'
import { runOptions } from './run-options.js'
import { momentsKept, ScenarioMoments, type MomentsKept } from './scenario-moments.js'
import { openTimeline, tellErrors, tellOutcome, tellSteps } from './scenario-timeline.js'
import { faultAfterStep } from './sweep-fault.js'
import { settings } from '../settings.js'
import { Steps, type StepFunction } from './step.js'

/**
 * What a scenario can ask for; each is made when it is first named, and ended with the scenario. A node is a fixture of its
 * own name, unless that is one of these or of vitest's, or has a hyphen: then it is found in `nodes`.
 */
export type ScenarioFixtures<Name extends string> = OwnFixtures<Name> &
  NodeFixtures<Name, keyof OwnFixtures<Name>>

interface OwnFixtures<Name extends string> {
  /** A fork of the golden snapshot of the topology, or of the stage, for this scenario alone. */
  cluster: Cluster<Name>
  /** All nodes of the topology by name; where the name `network` is wanted for one of Neutron's, `nodes.network`. */
  nodes: Record<Name, RunningNode>
  /** The cloud as its administrator sees it, from outside the nodes. */
  cloud: Cloud
  /** Path of a tiny cloud guest's disk (qcow2), for the cloud to boot. */
  guestDisk: string
  /** Chromium in the cluster's network. */
  browser: Browser
  /** Where this scenario keeps its consoles, logs and pictures. */
  evidence: string
  /** Names a part of the scenario. */
  step: StepFunction
}

/** What fixtures have of each other; a scenario has no name for it, and no node can be called so. */
interface HiddenFixtures {
  Steps: Steps
  Timeline: TimelineFile
}

interface ClusterNeeds extends HiddenFixtures {
  evidence: string
  signal: AbortSignal
  task: RunnerTestCase
}

interface BrowserNeeds<Name extends string> extends Pick<ClusterNeeds, 'evidence' | 'task'> {
  cluster: Cluster<Name>
}

export interface ScenarioOptions {
  /**
   * What is kept of a scenario that failed: moments of all `'steps'`, of the last three and of the `'failure'` (default), or
   * `'off'`: none are taken.
   */
  moments?: MomentsKept
  /** Whether a cloud must be whole when a scenario has passed: INVARIANT_BROKEN otherwise. Default: yes. */
  invariants?: boolean
}

interface TimelineNeeds extends Pick<HiddenFixtures, 'Steps'> {
  evidence: string
  task: RunnerTestCase
}

/** ms: two looks, and the two minutes in which a cloud may come to rest. */
const invariantsTimeout = 300_000

/** ms: a fork that still loads ends, and one that stands still. */
const poolTimeout = 120_000

// Images and the golden snapshot may have to be made first.
const preparation = 75 * 60_000

/**
 * A vitest `test` whose every run gets its own fork of the golden snapshot of the topology, or of the stage.
 *
 *     const test = scenario(threeNode)
 *     test('…', async ({ cloud, compute }) => { … })
 */
export function scenario<Name extends string>(
  start: Start<Name>,
  { moments: kept = 'failure', invariants = true }: ScenarioOptions = {},
): TestAPI<ScenarioFixtures<Name>> {
  requireKept(kept)
  const topology = isStage(start) ? start.topology : start
  let snapshot: Snapshot<Name> | undefined
  const invariantsOf = new WeakMap<object, Invariants>()
  const pool = new ForkPool()
  noteStart()
  const own = {
    evidence: async ({ task }: { task: RunnerTestCase }, use: Use<string>) =>
      use((task.meta.evidence = evidenceOf(task))),
    cluster: async (
      { evidence, signal, task, Steps: steps, Timeline: timeline }: ClusterNeeds,
      use: Use<Cluster<Name>>,
    ) => {
      snapshot ??= await prepare(start, { signal })
      const cluster = await pool.take(snapshot, { logFolder: evidence, signal, timeline, makeFaults })
      await using own = new OwnCluster(cluster)
      const { hold, keep, until, ...overlays } = runOptions()
      await layOverlays(cluster, overlays)
      const moments = momentsOf(cluster, { evidence, task, start, snapshot, kept })
      if (moments) steps.observe(moments)
      if (invariants && topology.contract.cloud) invariantsOf.set(task, new Invariants(cluster))
      using swept = sweepOf(cluster)
      if (swept) steps.observe(swept)
      for (const node of cluster.nodes) node.followLogs()
      const packets = new PacketRecord(cluster)
      const stop = until === undefined ? undefined : new StopAfterStep(until, task)
      if (stop) steps.observe(stop)
      const next = nextScenario(task)
      if (next) void pool.prepare(snapshot, { logFolder: evidenceOf(next), makeFaults })
      await use(cluster)
      const ended = Date.now()
      // One that took too long still runs: it ends here, while there are nodes to look at.
      await steps.end()
      tellErrors(timeline, task)
      const failed = task.result?.state === 'fail'
      // Whoever pressed Ctrl-C waits for the end: nothing is saved, looked for, or booted again to be asked.
      if (!interruption().aborted) {
        if (failed) await moments?.failed()
        // From now on Ctrl-C need not wait for a node that boots.
        cluster.closeWhen(interruption())
        // Who is asked what is wrong must be able to answer.
        await cluster.faults.heal()
        if (failed)
          await reportDiagnosis(cluster, { evidence, task, timeline, failedAt: steps.failedAt ?? ended })
      }
      await collectLogs(cluster, evidence)
      await packets.settle({ keep: failed || keep })
      await moments?.settle({ failed, kept, keep })
      if (moments?.hasFailure) task.meta.canRewind = true
      if (stop?.stopped || (failed && (hold || stop))) {
        const held = await own.hold(task)
        if (held) task.meta.held = held
      } else stop?.requireStopped(steps.all)
    },
    cloud: async ({ cluster, signal }: { cluster: Cluster<Name>; signal: AbortSignal }, use: Use<Cloud>) => {
      using cloud = cloudOf(cluster, signal)
      await use(cloud)
    },
    guestDisk: async ({}, use: Use<string>) => use(await guestDisk()),
    browser: async ({ cluster, evidence, task }: BrowserNeeds<Name>, use: Use<Browser>) => {
      const browser = await openBrowser(cluster)
      const pages = new PagesRecord(browser, cluster.timeline, evidence)
      try {
        await use(browser)
        if (task.result?.state === 'fail') await pages.failed()
      } finally {
        await browser.close()
      }
    },
    step: async ({ Steps: steps }: Pick<HiddenFixtures, 'Steps'>, use: Use<StepFunction>) => use(steps.step),
    nodes: async ({ cluster }: { cluster: Cluster<Name> }, use: Use<Record<Name, RunningNode>>) =>
      use(nodesByName(cluster)),
  } satisfies Record<keyof OwnFixtures<Name>, unknown>
  const hidden = {
    Steps: async ({ task }: { task: RunnerTestCase }, use: Use<Steps>) => {
      const steps = new Steps()
      task.meta.steps = steps.all
      await use(steps)
      await steps.end()
    },
    Timeline: async ({ evidence, task, Steps: steps }: TimelineNeeds, use: Use<TimelineFile>) => {
      using timeline = openTimeline(evidence, task, topology)
      setPresentTimeline(timeline)
      tellSteps(timeline, steps)
      await use(timeline)
      await tellOutcome(timeline, task, topology)
    },
  } satisfies Record<keyof HiddenFixtures, unknown>
  const nodeFixtures = Object.fromEntries(
    fixtureNames(topology, Object.keys(own)).map((name) => [
      name,
      async ({ cluster }: { cluster: Cluster<Name> }, use: Use<RunningNode>) =>
        use(cluster.node(name as Name)),
    ]),
  )
  const test = base.extend({ ...own, ...hidden, ...nodeFixtures } as never) as unknown as TestAPI<
    ScenarioFixtures<Name>
  >
  base.aroundEach((runTest) => withOwnTimeline(runTest))
  // Before its fixtures end: what is broken fails the scenario while there are nodes to look at.
  base.afterEach(async ({ task }) => {
    if (task.result?.state === 'pass' && !interruption().aborted) await invariantsOf.get(task)?.check()
  }, invariantsTimeout)
  // Before the first scenario, so that its own time-out pays for its own work only.
  base.beforeAll(async () => {
    snapshot = await prepare(start, { signal: interruption() })
    // What is wrong with its end is told by the one below.
    const end = (): void => void pool.close().catch(() => undefined)
    interruption().addEventListener('abort', end, { once: true })
  }, preparation)
  base.afterAll(() => pool.close(), poolTimeout)
  return test
}

interface Taken {
  evidence: string
  task: RunnerTestCase
  start: { name: string }
  snapshot: Snapshot
  kept: MomentsKept
}

function momentsOf(
  cluster: Cluster,
  { evidence, task, start, snapshot, kept }: Taken,
): ScenarioMoments | undefined {
  if (kept === 'off') return undefined
  return new ScenarioMoments(cluster, join(evidence, 'moments'), {
    ...{ file: relative(projectFolder, task.file.filepath), test: task.fullTestName },
    ...{ start: start.name, snapshot: recordOf(snapshot) },
  })
}

function requireKept(kept: string): void {
  if (momentsKept.some((one) => one === kept)) return
  throw new StackrigError('USAGE', `moments must be one of ${momentsKept.join(', ')}`, { seen: kept })
}

/** What a sweep does to this run of the scenario. */
function sweepOf(cluster: Cluster): ReturnType<typeof faultAfterStep> | undefined {
  const { sweep } = settings()
  return sweep === undefined ? undefined : faultAfterStep(cluster, sweep)
}

interface TestFile {
  name: string
  projectName?: string | undefined
}

/** Vitest's project, but for the one that all scenarios are in. */
const variantOf = ({ projectName }: TestFile): string =>
  projectName === undefined || projectName === 'scenarios' ? '' : projectName

const evidenceOf = ({ file, fullTestName }: RunnerTestCase): string =>
  scenarioFolder(file.name, fullTestName, variantOf(file))

type Use<T> = (value: T) => Promise<void>
