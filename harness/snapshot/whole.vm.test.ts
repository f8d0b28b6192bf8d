import {
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ownHost } from '../testing/own-host.js'
import { pairGolden } from '../testing/pocket.js'
import { forkCluster, listSnapshots, snapshotRoot } from './index.js'

ownHost({ cache: 'own' })

const flip = (file: string): void => {
  writeSync(openSync(file, 'r+'), 'x', 40_000_000)
}

test.each([
  ['a changed byte in a memory', (folder: string) => flip(join(folder, 'one.memory'))],
  ['a state that was cut short', (folder: string) => truncateSync(join(folder, 'two.state'), 100)],
  ['an empty golden.json', (folder: string) => writeFileSync(join(folder, 'golden.json'), '')],
  ['a golden.json of another form', (folder: string) => writeFileSync(join(folder, 'golden.json'), '{}')],
])('%s is found before a fork stands on it; the snapshot is set aside, and made anew', async (_, spoil) => {
  const golden = await pairGolden()
  spoil(golden.folder)
  await expect(forkCluster(golden)).rejects.toMatchObject({ code: 'SNAPSHOT_BROKEN' })
  expect(existsSync(golden.folder)).toBe(false)
  expect(readFileSync(join(`${golden.folder}.bad`, 'reason.txt'), 'utf8')).toMatch(
    /one\.memory|two\.state|golden\.json/,
  )
  expect(await listSnapshots(snapshotRoot())).toEqual([])
  const again = await pairGolden()
  expect(again.folder).toBe(golden.folder)
  await using fork = await forkCluster(again)
  expect(await fork.node('one').run`hostname`).toBe('one')
})

test('a snapshot that was removed by hand is told, with what to do', async () => {
  const golden = await pairGolden()
  await rm(golden.folder, { recursive: true })
  await expect(forkCluster(golden)).rejects.toMatchObject({
    code: 'SNAPSHOT_BROKEN',
    message: expect.stringMatching(/not there any more[\s\S]*made anew/) as string,
  })
})

test('what is spoilt between two runs is found when it is looked for', async () => {
  const golden = await pairGolden()
  flip(join(golden.folder, 'two.memory'))
  const again = await pairGolden()
  expect(again.took).not.toBe(golden.took)
  expect(readdirSync(snapshotRoot()).filter((name) => name.endsWith('.bad'))).toHaveLength(1)
})
