import type { RunnerTestCase } from 'vitest'
import type { Cluster } from '../cluster/index.js'
import { diagnose, ensureBaseline, findingLines, type Finding } from '../diagnosis/index.js'
import { forPeople, messageOf, stripEscapes } from '../errors/index.js'
import { logger } from '../log.js'
import { originOf, type Snapshot } from '../snapshot/index.js'
import type { Timeline } from '../timeline/index.js'
import { writeDiagnosis } from './evidence.js'

const log = logger('diagnosis')

declare module 'vitest' {
  interface TaskMeta {
    /** Why a scenario failed, the first cause first. */
    findings?: Finding[]
  }
}

/** Why a scenario failed, beside its error: in its evidence, and in the model of the run. */
export async function reportDiagnosis(
  cluster: Cluster,
  { evidence, task, timeline }: { evidence: string; task: DiagnosedTask; timeline: Timeline },
): Promise<void> {
  const unfinished: string[] = []
  const started = Date.now()
  const [error] = task.result?.errors ?? []
  const findings = await diagnose(cluster, {
    failure: error && { message: stripEscapes(error.message), code: codeOf(error) },
    onUnfinished: (what) => unfinished.push(what),
  })
  await writeDiagnosis(
    { findings, unfinished: unfinished.map(forPeople), took: Date.now() - started },
    evidence,
  )
  for (const finding of findings)
    timeline.add({ lane: 'scenario', kind: 'finding', text: finding.what, data: { ...finding } })
  task.meta.findings = findings.slice(0, 20)
  if (findings.length > 0)
    process.stderr.write(
      `why ${cluster.topology.name} failed:\n${findings.slice(0, 3).flatMap(findingLines).join('\n')}\n`,
    )
}

/** What of a test its diagnosis needs. */
export type DiagnosedTask = Pick<RunnerTestCase, 'result' | 'meta'>

/** Of a StackrigError, or of the first among the causes. */
function codeOf(error: unknown): string | undefined {
  const seen = new Set<unknown>()
  for (let one = error; typeof one === 'object' && one !== null && !seen.has(one);) {
    seen.add(one)
    const { code, cause } = one as { code?: unknown; cause?: unknown }
    if (typeof code === 'string') return code
    one = cause
  }
  return undefined
}

/** Looks once at what a golden snapshot is like, so that no diagnosis has to wait for it. A failure of it is none of a scenario. */
export async function lookAtGolden(snapshot: Snapshot, signal: AbortSignal): Promise<void> {
  await ensureBaseline(originOf(snapshot), snapshot.topology, { signal }).catch((error: unknown) => {
    log('no look at %s: %s', snapshot.folder, messageOf(error))
  })
}
