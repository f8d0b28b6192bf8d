import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as z from 'zod'
import type { Cluster } from '../cluster/index.js'
import { forPeople, messageOf } from '../errors/index.js'
import { makeFolder } from '../make-folder.js'
import { findingLines, findingSchema, type Finding } from '../timeline/index.js'

/**
 * Keeps what the nodes' logs say, beside their consoles. A node that cannot answer any more leaves its console only; one
 * that is too slow, what it said until the time-out.
 */
export async function collectLogs(cluster: Cluster, folder: string): Promise<void> {
  const { logs } = cluster.topology.contract
  if (logs === undefined) return
  makeFolder(folder)
  await Promise.all(
    cluster.nodes.map(async (node) => {
      const read: Buffer[] = []
      const reading = node.execute(logs, {
        timeout: '2min',
        onOutput: (stream, data) => {
          if (stream === 'stdout') read.push(data)
        },
      })
      await reading.catch((error: unknown) => {
        read.push(Buffer.from(`the logs end here: ${messageOf(error)}\n`))
      })
      await writeFile(join(folder, `${node.name}.log`), Buffer.concat(read), { mode: 0o600 })
    }),
  )
}

/** Where the findings of a scenario that failed lie in its folder of evidence, for `stackrig why`. */
export const findingsFile = 'findings.json'

const diagnosisSchema = z.object({
  findings: z.array(findingSchema),
  unfinished: z.array(z.string()),
  took: z.number(),
})

/** What was found when a scenario failed, what could not be found out, and how long it took, ms. */
export interface Diagnosis {
  findings: Finding[]
  unfinished: string[]
  took: number
}

/** Keeps it as a text and as data. */
export async function writeDiagnosis(diagnosis: Diagnosis, folder: string): Promise<void> {
  makeFolder(folder)
  const { findings, unfinished } = diagnosis
  const told = findings.map((finding) => findingLines(finding).join('\n')).join('\n\n')
  const left = unfinished.map((what) => `not found out: ${what}`).join('\n')
  const text = [told || 'Nothing of the cloud is wrong.', left].filter(Boolean).join('\n\n')
  await writeFile(join(folder, 'diagnosis.txt'), `${forPeople(text)}\n`)
  await writeFile(join(folder, findingsFile), `${JSON.stringify(diagnosis, null, 2)}\n`)
}

/** What was found, from a folder of evidence; undefined when there is nothing of that form. */
export async function readDiagnosis(folder: string): Promise<Diagnosis | undefined> {
  try {
    return diagnosisSchema.parse(JSON.parse(await readFile(join(folder, findingsFile), 'utf8')))
  } catch {
    return undefined
  }
}
