import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Entry } from './entry.js'
import { readTimeline, TimelineLines } from './read-timeline.js'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'timeline-'))
})

afterEach(() => rm(folder, { recursive: true }))

async function read(text: string): ReturnType<typeof readTimeline> {
  const path = join(folder, 'timeline.jsonl')
  await writeFile(path, text)
  return readTimeline(path)
}

const entry = (t: number, text: string, more: object = {}): string =>
  `${JSON.stringify({ t, lane: 'scenario', kind: 'note', text, ...more })}\n`

test('entries come in order of time, those of one time in the order in which they were told', async () => {
  const { entries } = await read(entry(3, 'c') + entry(1, 'a') + entry(2, 'b1') + entry(2, 'b2'))
  expect(entries.map(({ text }) => text)).toEqual(['a', 'b1', 'b2', 'c'])
})

test('a last line that was torn is passed over; damaged lines are counted', async () => {
  const good = entry(1, 'a')
  for (let length = 0; length < good.length; length++) {
    const { entries, damaged } = await read(good + good.slice(0, length))
    expect(entries).toHaveLength(1)
    expect(damaged).toBe(0)
  }
  const bad = ['no', 'null', '[]', '{}', '{"t":"1"}', '{"t":1,"lane":"x","kind":"note","text":""}', '\0']
  const { entries, damaged } = await read(`${bad.join('\n')}\n${good}`)
  expect([entries.length, damaged]).toEqual([1, bad.length])
  expect(await read('')).toEqual({ entries: [], unfinished: [], damaged: 0 })
})

test('of what lasted there is one entry; what has not ended tells all that was seen', async () => {
  const wait = (text: string, seen: string[], more: object): string =>
    entry(1, text, {
      kind: 'wait',
      ...more,
      data: { wanted: text, observations: seen.map((one) => ({ t: 2, text: one })), ...more },
    })
  const { entries, unfinished } = await read(
    wait('done', ['x'], { phase: 'begin' }) +
      wait('still', ['x'], { phase: 'begin' }) +
      wait('still', ['y'], { phase: 'begin' }) +
      wait('done', ['x', 'z'], { end: 5, status: 'passed' }),
  )
  expect(entries).toMatchObject([{ text: 'done', end: 5 }])
  expect(unfinished).toMatchObject([
    { text: 'still', data: { observations: [{ text: 'x' }, { text: 'y' }] } },
  ])
})

test('the begin of a fault is an entry of its own', async () => {
  const data = { fault: 'cut', on: 'one', phase: 'begin' }
  const { entries, unfinished } = await read(entry(1, 'cut', { kind: 'fault', data }))
  expect([entries.length, unfinished.length]).toEqual([1, 0])
})

test('a file may come in any pieces', () => {
  const bytes = Buffer.from(entry(1, 'ä€😀') + entry(2, 'b'))
  for (const size of [1, 2, 3, 7, 64]) {
    const lines = new TimelineLines()
    const found: Entry[] = []
    for (let at = 0; at < bytes.length; at += size) found.push(...lines.add(bytes.subarray(at, at + size)))
    expect(found.map(({ text }) => text)).toEqual(['ä€😀', 'b'])
  }
})
