import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { forgetSettings } from '../settings.js'
import { listMoments, pruneMoments } from './moment-budget.js'
import { pinSnapshot } from './pinned.js'

const folder = mkdtempSync(join(tmpdir(), 'budget-'))
process.env['STACKRIG_CACHE'] = join(folder, 'cache')
forgetSettings()
afterAll(() => rmSync(folder, { recursive: true }))

const mebibyte = 1024 ** 2

/** A folder of one moment of a mebibyte, so many hours old. */
async function moment(name: string, hours: number): Promise<string> {
  const path = join(folder, name, '001-step')
  mkdirSync(path, { recursive: true })
  const then = Date.now() / 1000 - hours * 3600
  for (const [file, data] of [
    ['moment.json', '{}'],
    ['one.pages.zst', Buffer.alloc(mebibyte, 'x')],
  ] as const) {
    writeFileSync(join(path, file), data)
    utimesSync(join(path, file), then, then)
  }
  await pinSnapshot('/golden/pair-1', path)
  return path
}

test('beyond the budget the oldest go first, and say why; never what was asked for, or was just made', async () => {
  const paths = {
    eldest: await moment('eldest', 9),
    kept: await moment('kept', 8),
    older: await moment('older', 7),
    newer: await moment('newer', 6),
    fresh: await moment('fresh', 0),
  }
  const there = (): string[] =>
    Object.entries(paths).flatMap(([name, path]) => (existsSync(join(path, 'moment.json')) ? [name] : []))
  await pruneMoments(1, join(folder, 'kept'))
  expect(there()).toHaveLength(5)
  // Room for three of the five, with the little that each takes beside.
  await pruneMoments(3.5 / 1024, join(folder, 'kept'))
  expect(there()).toEqual(['kept', 'newer', 'fresh'])
  expect(readFileSync(join(paths.eldest, 'given-up.txt'), 'utf8')).toContain('given up for newer ones')
  await pruneMoments(0.1 / 1024, join(folder, 'kept'))
  expect(there()).toEqual(['kept', 'fresh'])
  const listed = await listMoments()
  expect(listed.map((row) => [row.folder, row.golden])).toEqual([
    [join(folder, 'fresh'), 'pair-1'],
    [join(folder, 'kept'), 'pair-1'],
  ])
  expect(listed[0]?.size).toBeGreaterThanOrEqual(mebibyte)
})
