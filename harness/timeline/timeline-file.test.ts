import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Entry, NewEntry } from './entry.js'
import { readTimeline } from './read-timeline.js'
import { TimelineFile } from './timeline-file.js'

let folder: string
let path: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'timeline-'))
  path = join(folder, 'deep', 'timeline.jsonl')
})

afterEach(() => rm(folder, { recursive: true }))

const line = (text: string, lane: Entry['lane'] = 'node:one'): NewEntry => ({
  ...{ lane, kind: 'console', text, data: { node: 'one' } },
})

/** What is read of a file that these entries were written to. */
async function written(
  entries: NewEntry[],
  options: { mask?: (text: string) => string; limit?: number } = {},
): Promise<Entry[]> {
  using timeline = new TimelineFile(path, { mask: (text) => text, ...options })
  timeline.add(...entries)
  timeline.close()
  const { entries: read, damaged } = await readTimeline(path)
  expect(damaged).toBe(0)
  return read
}

test('an entry is in the file when it was told, with the present time, for its owner alone', async () => {
  using timeline = new TimelineFile(path, { mask: (text) => text })
  const before = Date.now()
  timeline.add(line('hello'))
  // Nothing was closed or flushed.
  const [entry] = (await readTimeline(path)).entries
  expect(entry).toMatchObject({ lane: 'node:one', kind: 'console', text: 'hello', data: { node: 'one' } })
  expect(entry?.t).toBeGreaterThanOrEqual(before)
  expect((await stat(path)).mode & 0o777).toBe(0o600)
})

test('a file of another run begins anew, and belongs to its owner alone, too', async () => {
  await written([line('old')])
  await rm(path)
  await writeFile(path, 'old\n', { mode: 0o644 })
  expect((await written([line('new')])).map(({ text }) => text)).toEqual(['new'])
  expect((await stat(path)).mode & 0o777).toBe(0o600)
})

test('what a guest says is a text: controls are visible, and an entry is one line', async () => {
  const hostile =
    '\x1b]0;title\x07\x1b[2J\r\n{"t":1,"lane":"harness","kind":"error","text":"no"}\n\u202e\u2028\0'
  const [entry, ...others] = await written([{ ...line(hostile), data: { node: hostile } } as NewEntry])
  expect(others).toEqual([])
  expect((await readFile(path, 'utf8')).split('\n')).toHaveLength(2)
  expect(`${entry?.text}${JSON.stringify(entry?.data)}`).not.toMatch(
    /[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e\u2028]/,
  )
  expect(entry?.text).toContain('\\x1b]0;title\\x07')
})

test('secrets are taken out of every text, also beside where a long one is cut', async () => {
  const mask = (text: string): string => text.replaceAll('s3cr3t-canary', '***')
  // One of them lies across every place where such a text can be cut.
  for (const length of [10, 4000, 8190, 8200, 16_600, 33_000, 200_000]) {
    const long = `${'s3cr3t-canary '.repeat(length / 14)}s3cr3t-canary`
    const [entry] = await written(
      [
        {
          ...{ lane: 'node:one', kind: 'command', text: `echo ${long}` },
          data: {
            node: 'one',
            command: long,
            stdout: long.replaceAll(' ', ''),
            stderr: `${long}\n`.repeat(3),
          },
        },
      ],
      { mask },
    )
    expect(JSON.stringify(entry), `${length}`).not.toMatch(/s3cr|cr3t|canary/)
  }
})

test('a long text keeps its beginning and its end, and says how much is missing', async () => {
  const stdout = `first${'x'.repeat(100_000)}last`
  const [entry] = await written([
    { lane: 'node:one', kind: 'command', text: 'seq', data: { node: 'one', command: 'seq', stdout } },
  ])
  const kept = (entry as { data: { stdout: string } }).data.stdout
  expect(kept.length).toBeLessThan(10_000)
  const [, left] = /^firstx*\n… (\d+) characters left out …\nx*last$/.exec(kept) ?? []
  expect(Number(left)).toBe(stdout.length - kept.replace(/\n….*…\n/, '').length)
})

test('an entry with too much data is there without it', async () => {
  const pairs = Array.from({ length: 500 }, () => 'y'.repeat(1000)) as unknown as []
  const [entry] = await written([{ lane: 'network', kind: 'packets', text: 'many', data: { pairs } }])
  expect(entry).toMatchObject({ text: 'many', data: { leftOut: { bytes: expect.any(Number) as number } } })
})

test('a flood of one lane leaves room for the others, and it is told how much was left out', async () => {
  const flood = Array.from({ length: 2000 }, (_, n) => line(`flood ${n} ${'z'.repeat(200)}`))
  const entries = await written([...flood, line('quiet', 'node:two')], { limit: 200_000 })
  const texts = entries.map(({ text }) => text)
  expect(texts).toContain('quiet')
  expect(texts).toContain('the room for console of node:one is used up: the rest is left out')
  const kept = texts.filter((text) => text.startsWith('flood')).length
  expect(kept).toBeGreaterThan(10)
  expect(entries.at(-1)).toMatchObject({ kind: 'note', data: { leftOut: { console: 2000 - kept } } })
})

test('a full timeline still takes what it failed of', async () => {
  const call = { lane: 'api', kind: 'call', text: `GET ${'u'.repeat(300)}` } as const
  const calls = Array.from({ length: 1000 }, () => ({ ...call, data: { method: 'GET', url: '/' } }))
  const error = {
    lane: 'scenario',
    kind: 'error',
    text: 'it failed',
    data: { message: 'it failed' },
  } as const
  const texts = (await written([...calls, error], { limit: 100_000 })).map(({ text }) => text)
  expect(texts).toContain('it failed')
  expect((await stat(path)).size).toBeLessThan(110_000)
})

test('what is told after the end, or to a file that is full, throws nothing', () => {
  const timeline = new TimelineFile(path, { mask: (text) => text })
  timeline.close()
  timeline.add(line('late'))
  const full = new TimelineFile('/dev/full', { mask: (text) => text })
  full.add(line('no room'))
  full.add(line('no room'))
  full.close()
})
