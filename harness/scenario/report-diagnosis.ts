import type { RunnerTestCase } from 'vitest'
import type { Cluster } from '../cluster/index.js'
import { diagnose } from '../diagnosis/index.js'
import { forPeople, lineForPeople, stripEscapes } from '../errors/index.js'
import type { Timeline } from '../timeline/index.js'
import { writeDiagnosis } from './evidence.js'

interface Diagnosed {
  evidence: string
  task: DiagnosedTask
  timeline: Timeline
  /** When its last step failed, without one when it was over, ms since 1970: what began after that is no cause of it. */
  failedAt: number
}

/** Why a scenario failed, beside its error: in its evidence, and on its timeline. */
export async function reportDiagnosis(
  cluster: Cluster,
  { evidence, task, timeline, failedAt }: Diagnosed,
): Promise<void> {
  const unfinished: string[] = []
  const started = Date.now()
  const [error] = task.result?.errors ?? []
  const findings = await diagnose(cluster, {
    failure: error && { message: stripEscapes(error.message), code: codeOf(error) },
    firstBad: failedAt,
    onUnfinished: (what) => unfinished.push(what),
  })
  await writeDiagnosis(
    { findings, unfinished: unfinished.map(forPeople), took: Date.now() - started },
    evidence,
  )
  for (const finding of findings)
    timeline.add({ lane: 'scenario', kind: 'finding', text: finding.what, data: { ...finding } })
  if (unfinished.length > 0) {
    const unseen = unfinished.map(lineForPeople)
    timeline.add({ lane: 'scenario', kind: 'note', text: `not found out: ${unseen[0]}`, data: { unseen } })
  }
}

/** What of a test its diagnosis needs. */
export type DiagnosedTask = Pick<RunnerTestCase, 'result'>

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
