import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { writeManifest } from '../manifest.js'
import {
  completeMoment,
  givenUpFile,
  keptLayer,
  layersIn,
  memoryChain,
  readChain,
  type KeptMoment,
  type MomentInfo,
  type MomentNode,
} from './moment-info.js'

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
    nodes: { one: { power: 'off', layers: ['one.disk.qcow2.layer0'] } },
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

test('a moment of an older version is refused', async () => {
  const folder = join(root, 'old')
  mkdirSync(folder)
  const golden = { topology: 'pair', key: 'key', folder: '/golden', digest: 'digest' }
  const nodes = { one: { running: true, pages: 0, layers: [] } }
  writeFileSync(
    join(folder, 'moment.json'),
    JSON.stringify({ name: 'old', made: new Date(0), pause: 1, golden, nodes }),
  )
  await writeManifest(folder)
  await expect(readChain(folder)).rejects.toMatchObject(broken(/old[\s\S]*not of this version/))
})

test('the memory of a node is that of the last moment that holds all of it, and of those after; its disk that of all', () => {
  const at = (name: string, one: Partial<MomentNode> | undefined): KeptMoment => ({
    folder: name,
    info: { nodes: one ? { one: { layers: [`layer of ${name}`], ...one } } : {} } as unknown as MomentInfo,
  })
  const on = (alone: boolean): Partial<MomentNode> => ({ power: 'on', alone })
  const chain = [
    at('first', on(true)),
    at('second', { power: 'off' }),
    at('third', on(true)),
    at('last', on(false)),
  ]
  const memory = (moments: readonly KeptMoment[]): string[] =>
    memoryChain(moments, 'one').map(({ folder }) => folder)
  expect(memory(chain)).toEqual(['third', 'last'])
  expect(memory([at('first', on(true)), at('last', on(false))])).toEqual(['first', 'last'])
  // It joined later.
  expect(memory([at('first', undefined), ...chain.slice(2)])).toEqual(['third', 'last'])
  expect(layersIn([at('none', undefined), ...chain], 'one').map(({ layer }) => layer)).toEqual(
    ['first', 'second', 'third', 'last'].map((name) => `layer of ${name}`),
  )
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
