// The cluster here is one that is gone: it tests what is told of a diagnosis that came to nothing, not a diagnosis.
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { Cluster } from '../cluster/index.js'
import type { NewEntry, Timeline } from '../timeline/index.js'
import { reportDiagnosis } from './report-diagnosis.js'

test('what could not be found out stands in the evidence, and on the timeline', async () => {
  const evidence = await mkdtemp(join(tmpdir(), 'diagnosis-'))
  onTestFinished(() => rm(evidence, { recursive: true }))
  const told: NewEntry[] = []
  const timeline = { add: (entry: NewEntry) => told.push(entry) } as unknown as Timeline
  const gone = {
    get origin(): never {
      throw new Error('it is gone\nand more')
    },
  } as unknown as Cluster
  await reportDiagnosis(gone, { evidence, task: {}, timeline, failedAt: 0 })
  expect(told).toEqual([
    {
      ...{ lane: 'scenario', kind: 'note', text: 'not found out: the diagnosis: it is gone' },
      data: { unseen: ['the diagnosis: it is gone'] },
    },
  ])
  expect(await readFile(join(evidence, 'diagnosis.txt'), 'utf8')).toContain(
    'not found out: the diagnosis: it is gone',
  )
})
