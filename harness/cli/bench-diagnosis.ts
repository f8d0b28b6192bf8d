import { diagnose } from '../diagnosis/index.js'
import { forkCluster, type Snapshot } from '../snapshot/index.js'
import { interrupted } from './interrupt.js'

/** How long a look at a cluster that is well took, ms, and how many findings it had: all false. */
export async function measureDiagnosis(snapshot: Snapshot): Promise<{ took: number; alarms: number }> {
  await using cluster = await forkCluster(snapshot, { signal: interrupted })
  // The first one on a machine also looks at the golden snapshot.
  await diagnose(cluster, { signal: interrupted })
  const unfinished: string[] = []
  const started = performance.now()
  const findings = await diagnose(cluster, {
    signal: interrupted,
    onUnfinished: (what) => unfinished.push(what),
  })
  const took = performance.now() - started
  // What was cut short took no time that says anything.
  return { took: unfinished.length === 0 ? took : Infinity, alarms: findings.length }
}
