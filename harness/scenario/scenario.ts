import type { Browser } from 'playwright-core'
import { test as base, type RunnerTask, type TestAPI } from 'vitest'
import {
  cloudOf,
  diagnose,
  guestDisk,
  openBrowser,
  isStage,
  prepareStart,
  type Prepared,
  type Start,
} from '../cloud/index.js'
import { forkCluster, namesOf, type Cluster, type RunningNode } from '../cluster/index.js'
import { forPeople } from '../errors/index.js'
import type { Cloud } from '../openstack/index.js'
import { collectLogs, writeDiagnosis } from '../report/index.js'
import { interruption } from './interruption.js'
import { scenarioFolder } from './results.js'

/** What a scenario can ask for; each is made when it is first named, and ended with the scenario. */
export type ScenarioFixtures<Name extends string> = Record<Name, RunningNode> & {
  /** A fork of the golden snapshot of the topology, or of the stage, for this scenario alone. */
  cluster: Cluster<Name>
  /** The cloud as its administrator sees it, from outside the nodes. */
  cloud: Cloud
  /** Path of a tiny cloud guest's disk (qcow2), for the cloud to boot. */
  guestDisk: string
  /** Chromium in the cluster's network. */
  browser: Browser
  /** Where this scenario keeps its consoles, logs and pictures. */
  evidence: string
}

// Images and the golden snapshot may have to be made first.
const preparation = 75 * 60_000

/**
 * A vitest `test` whose every run gets its own fork of the golden snapshot of the topology, or of the stage.
 *
 *     const test = scenario(threeNode)
 *     test('…', async ({ cloud, compute }) => { … })
 */
export function scenario<Name extends string>(start: Start<Name>): TestAPI<ScenarioFixtures<Name>> {
  const topology = isStage(start) ? start.topology : start
  let prepared: Prepared<Name> | undefined
  const nodeFixtures = Object.fromEntries(
    topology.nodes
      .flatMap(namesOf)
      .map((name) => [
        name,
        async ({ cluster }: { cluster: Cluster<Name> }, use: (node: RunningNode) => Promise<void>) =>
          use(cluster.node(name as Name)),
      ]),
  )
  const test = base.extend<ScenarioFixtures<Name>>({
    evidence: async ({ task }: { task: { fullTestName: string; file: TestFile } }, use: Use<string>) =>
      use(scenarioFolder(task.file.name, task.fullTestName, variantOf(task.file))),
    cluster: async (
      { evidence, signal, task }: { evidence: string; signal: AbortSignal; task: Pick<RunnerTask, 'result'> },
      use: Use<Cluster<Name>>,
    ) => {
      prepared ??= await prepareStart(start, { signal })
      await using cluster = await forkCluster(prepared.golden, { logFolder: evidence, signal })
      await use(cluster)
      if (task.result?.state === 'fail') await reportDiagnosis(cluster, evidence)
      await collectLogs(cluster, evidence)
    },
    cloud: async ({ cluster, signal }: { cluster: Cluster<Name>; signal: AbortSignal }, use: Use<Cloud>) => {
      using cloud = cloudOf(cluster, signal)
      await use(cloud)
    },
    guestDisk: async ({}, use: Use<string>) => use(await guestDisk()),
    browser: async ({ cluster }: { cluster: Cluster<Name> }, use: Use<Browser>) => {
      const browser = await openBrowser(cluster)
      try {
        await use(browser)
      } finally {
        await browser.close()
      }
    },
    ...nodeFixtures,
  } as never) as unknown as TestAPI<ScenarioFixtures<Name>>
  // Before the first scenario, so that its own time-out pays for its own work only.
  base.beforeAll(async () => {
    prepared = await prepareStart(start, { signal: interruption() })
  }, preparation)
  return test
}

/** What is wrong with the cluster of a scenario that failed, beside its error and in its evidence. */
async function reportDiagnosis(cluster: Cluster, evidence: string): Promise<void> {
  // Its evidence is a text for people, too: the raw bytes lie beside it, in consoles and logs.
  const found = (await diagnose(cluster)).map(forPeople)
  await writeDiagnosis(found, evidence)
  if (found.length > 0)
    process.stderr.write(`what is wrong with ${cluster.topology.name}:\n${found.join('\n')}\n`)
}

interface TestFile {
  name: string
  projectName?: string | undefined
}

/** Vitest's project, but for the one that all scenarios are in. */
const variantOf = ({ projectName }: TestFile): string =>
  projectName === undefined || projectName === 'scenarios' ? '' : projectName

type Use<T> = (value: T) => Promise<void>
