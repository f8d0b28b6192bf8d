import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { completeMoment, givenUpFile, keptLayer, readChain, type MomentInfo } from './moment-info.js'

let root: string
beforeEach(() => {
  root = mkdtempSync('/tmp/rig-')
})
afterEach(() => rmSync(root, { recursive: true }))

async function moment(name: string, parent?: string): Promise<string> {
  const folder = join(root, name)
  mkdirSync(folder)
  const info: MomentInfo = {
    ...{ version: 2 as const, joined: [] },
    ...{ name, made: new Date(0), pause: 1, ...(parent !== undefined && { parent: join('..', parent) }) },
    golden: { topology: 'pair', key: 'key', folder: '/golden', digest: 'digest' },
    nodes: { one: { power: 'off', layers: ['layer'] } },
  }
  writeFileSync(keptLayer(folder, 'layer'), name)
  await completeMoment(folder, info)
  return folder
}

const broken = (seen: RegExp): object => ({
  code: 'SNAPSHOT_BROKEN',
  message: expect.stringMatching(seen) as string,
})

test('a chain of moments is read from its beginning', async () => {
  const first = await moment('first')
  const second = await moment('second', 'first')
  const third = await moment('third', 'second')
  expect((await readChain(third)).map(({ folder }) => folder)).toEqual([first, second, third])
  expect((await readChain(first)).map(({ info }) => info)).toMatchObject([
    { name: 'first', made: new Date(0) },
  ])
})

test('a moment that is gone, was given up, or is not what was written is told, with its folder', async () => {
  const first = await moment('first')
  const second = await moment('second', 'first')
  await expect(readChain(join(root, 'none'))).rejects.toMatchObject(broken(/none[\s\S]*it is not there/))
  writeFileSync(keptLayer(first, 'layer'), 'other')
  await expect(readChain(second)).rejects.toMatchObject(
    broken(/first[\s\S]*layer\.zst holds something else|bytes/),
  )
  rmSync(join(first, 'moment.json'))
  writeFileSync(join(first, givenUpFile), 'no room\n')
  await expect(readChain(second)).rejects.toMatchObject(broken(/first[\s\S]*no room/))
})
