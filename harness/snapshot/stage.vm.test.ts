import { readdir, rm } from 'node:fs/promises'
import { beforeAll, expect, test } from 'vitest'
import type { Cluster } from '../cluster/index.js'
import { forkCluster } from './fork.js'
import { snapshotRoot, type Snapshot } from './snapshot.js'
import { ensureStage } from './stage.js'
import { ownHost } from '../testing/own-host.js'
import { pairGolden } from '../testing/pocket.js'

ownHost({ cache: 'own' })

let golden: Snapshot<'one' | 'two'>
let reached = 0
const marked = {
  name: 'marked',
  version: '1',
  reach: async (cluster: Cluster) => {
    reached++
    await cluster.node('one')
      .run`sh -c ${'echo here >/root/mark; date -s 2031-05-06; sleep 5000 >/dev/null 2>&1 &'}`
  },
}

beforeAll(async () => {
  golden = await pairGolden()
})

test('forks of a stage begin where it ended, and the snapshot it stands on is as it was', async () => {
  const stage = await ensureStage(golden, marked, {})
  await using fork = await forkCluster(stage)
  const [one, two] = [fork.node('one'), fork.node('two')]
  expect(await one.run`cat /root/mark`).toBe('here')
  expect(await one.run`pidof sleep`).toMatch(/^\d+$/)
  await Promise.all([one.run`ping -c 1 -W 10 two`, two.run`ping -c 1 -W 10 one`])
  await using other = await forkCluster(golden)
  expect((await other.node('one').execute('cat /root/mark')).exitCode).not.toBe(0)
})

test('a stage is reached once, and once more when it changes', async () => {
  const before = reached
  const [first, second] = [await ensureStage(golden, marked, {}), await ensureStage(golden, marked, {})]
  expect(second).toEqual(first)
  expect(reached).toBe(before)
  const changed = await ensureStage(golden, { ...marked, version: '2' }, {})
  expect(changed.folder).not.toBe(first.folder)
  expect(reached).toBe(before + 1)
})

test("a stage knows the time that its nodes' clocks show", async () => {
  const { made } = await ensureStage(golden, marked, {})
  expect(made.toISOString()).toContain('2031-05-06')
})

test('a stage that is not reached says why, and leaves nothing', async () => {
  const before = await readdir(snapshotRoot())
  const failing = ensureStage(
    golden,
    {
      name: 'failing',
      version: '1',
      reach: async (cluster) => {
        await cluster.node('one').run`false`
      },
    },
    {},
  )
  await expect(failing).rejects.toMatchObject({ code: 'COMMAND_FAILED' })
  expect(await readdir(snapshotRoot())).toEqual(before)
})

test('a stage outlives the snapshot it was made of', async () => {
  const stage = await ensureStage(golden, marked, {})
  await rm(golden.folder, { recursive: true })
  await using fork = await forkCluster(stage)
  expect(await fork.node('one').run`cat /root/mark`).toBe('here')
})
