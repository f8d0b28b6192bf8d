import { beforeAll, expect, test } from 'vitest'
import type { Cluster, RunningNode } from '../cluster/index.js'
import { forkCluster } from '../snapshot/index.js'
import { ownHost } from '../testing/own-host.js'
import { pairWithDisks } from '../testing/pocket.js'
import { makeFaults } from './index.js'

const { folder } = ownHost({ cache: 'own' })

let cluster: Cluster<'one' | 'two'>
let one: RunningNode

beforeAll(async () => {
  cluster = await forkCluster(await pairWithDisks(folder), { makeFaults })
  one = cluster.node('one')
  return () => cluster.close()
})

/** What dd says of so many blocks of 4096 bytes, from one on; past what the guest remembers of its disk. */
async function dd(what: 'read' | 'write', block: number, count: number): Promise<string> {
  const words =
    what === 'read'
      ? `if=/dev/vda of=/dev/null skip=${block}`
      : `if=/dev/zero of=/dev/vda seek=${block} conv=fsync`
  await one.run`sh -c ${'echo 3 >/proc/sys/vm/drop_caches'}`
  const { exitCode, stderr } = await one.execute(`dd bs=4096 count=${count} ${words}`)
  return exitCode === 0 ? 'done' : stderr.toString()
}

test('reads fail where they shall, and nowhere else; then writes as well; and neither any more', async () => {
  expect(await dd('read', 256, 1)).toBe('done')
  const sector = await cluster.faults.diskErrors('one', { on: 'read', sector: 2048 })
  expect(await dd('read', 256, 1)).toMatch(/Input\/output error|I\/O error/)
  expect(await dd('read', 1024, 1)).toBe('done')
  expect(await dd('write', 1024, 1)).toBe('done')
  const writes = await cluster.faults.diskErrors('one', { on: 'write' })
  expect(await dd('write', 1024, 1)).toMatch(/Input\/output error|I\/O error/)
  await expect(cluster.moment('with errors')).rejects.toMatchObject({ code: 'USAGE' })
  // Whichever of them ends first, the other still holds.
  await sector.heal()
  expect(await dd('read', 256, 1)).toBe('done')
  expect(await dd('write', 1024, 1)).toMatch(/Input\/output error|I\/O error/)
  await writes.heal()
  expect(await dd('write', 1024, 1)).toBe('done')
  expect(await dd('read', 1024, 1)).toBe('done')
})

test('a slow disk takes its time, and no longer', async () => {
  const took = async (): Promise<number> => {
    const begun = performance.now()
    expect(await dd('write', 0, 512)).toBe('done')
    return performance.now() - begun
  }
  const plain = await took()
  const slow = await cluster.faults.diskSlow('one', { bytesPerSecond: 200_000 })
  expect(await took()).toBeGreaterThan(Math.max(5000, plain))
  await slow.heal()
  expect(await took()).toBeLessThan(5000)
})
