import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { pair } from '../testing/pocket.js'
import { findRow, placeOf, writeRow, type MomentPlace, type MomentRow } from './moment-row.js'

const place = (n: number | undefined, change: Partial<MomentPlace>): MomentPlace => ({
  ...(n !== undefined && { n }),
  ...{ name: `step ${n}`, status: 'passed', at: new Date(0).toISOString(), ...change },
})

const row: MomentRow = {
  ...{
    format: 'stackrig-moments',
    version: 1,
    file: 'scenarios/shop.scenario.ts',
    test: 'it sells',
    start: 'pair',
  },
  snapshot: {
    ...{ folder: '/golden', key: 'k', took: 1, made: new Date(0).toISOString(), topology: pair, images: [] },
    ...{ accelerator: 'tcg', launcher: 'direct' },
  },
  steps: [place(1, { missing: 'the disk was full' }), place(2, { moment: '001-two' })],
}

test('a place is the end of a step by its number; without one where it failed, or else the last step', () => {
  expect(placeOf(row, 2).moment).toBe('001-two')
  expect(placeOf(row).moment).toBe('001-two')
  const failure = place(undefined, { name: 'where it failed', status: 'failed', moment: '002-failed' })
  expect(placeOf({ ...row, failure }).moment).toBe('002-failed')
})

test('what cannot be entered says why', () => {
  const refusal = (step?: number, steps = row.steps): unknown => {
    try {
      return placeOf({ ...row, steps }, step)
    } catch (error) {
      return error
    }
  }
  expect(refusal(1)).toMatchObject({
    code: 'SNAPSHOT_BROKEN',
    message: expect.stringContaining('disk was full') as string,
  })
  expect(refusal(3)).toMatchObject({
    code: 'USAGE',
    message: expect.stringContaining('step 2: step 2') as string,
  })
  expect(refusal(undefined, [])).toMatchObject({ code: 'USAGE' })
})

test('a row is read as it was written; one of another form is none', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'row-'))
  try {
    expect(findRow(folder)).toBeUndefined()
    writeRow(folder, row)
    expect(findRow(folder)).toEqual(row)
    const file = join(folder, 'moments.json')
    await writeFile(file, (await readFile(file, 'utf8')).replace('"version": 1', '"version": 2'))
    expect(findRow(folder)).toBeUndefined()
  } finally {
    await rm(folder, { recursive: true })
  }
})
