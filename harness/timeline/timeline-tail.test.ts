import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { TimelineTail } from './timeline-tail.js'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'timeline-'))
})

afterEach(() => rm(folder, { recursive: true }))

test('each look has what came since the last one, whole lines only, also of a file that begins anew', async () => {
  const path = join(folder, 'timeline.jsonl')
  const tail = new TimelineTail(path)
  const texts = async (): Promise<string[]> => (await tail.read()).map(({ text }) => text)
  const line = (text: string): string => `${JSON.stringify({ t: 1, lane: 'harness', kind: 'note', text })}\n`
  expect(await texts()).toEqual([])
  await writeFile(path, line('a') + line('b').slice(0, 10))
  expect(await texts()).toEqual(['a'])
  await writeFile(path, line('b').slice(10) + line('c'), { flag: 'a' })
  expect(await texts()).toEqual(['b', 'c'])
  expect(await texts()).toEqual([])
  await truncate(path)
  await writeFile(path, line('x'))
  expect(await texts()).toEqual(['x'])
})
