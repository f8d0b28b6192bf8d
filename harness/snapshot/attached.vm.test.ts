import { beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import { attachCluster, type Cluster, type RunningNode } from '../cluster/index.js'
import { makeFaults } from '../faults/index.js'
import { ownHost } from '../testing/own-host.js'
import { pairWithDisks } from '../testing/pocket.js'
import { firstReport, startScript } from '../testing/script.js'
import { forkCluster } from './fork.js'
import { makeSaver } from './moment.js'

vi.setConfig({ testTimeout: 600_000 })
const { folder: own } = ownHost({ cache: 'own' })

/** Clusters that nobody holds any more: a fork, and one that a moment of a fork was entered in. */
const kept: Record<'fork' | 'moment', string> = { fork: '', moment: '' }

beforeAll(async () => {
  const fork = await forkCluster(await pairWithDisks(own))
  await writeDisk(fork.node('one'), 'early')
  const entered = await (await fork.moment('early')).fork()
  for (const [name, cluster] of [['fork', fork] as const, ['moment', entered] as const]) {
    kept[name] = cluster.sandbox.folder
    await cluster.keep(name)
  }
  return async () => {
    for (const folder of Object.values(kept)) await (await attachCluster(folder)).close()
  }
})

async function attached(name: keyof typeof kept = 'fork'): Promise<Cluster> {
  const cluster = await attachCluster(kept[name], { makeFaults, makeSaver })
  onTestFinished(() => cluster.letGo())
  return cluster
}

const writeDisk = (node: RunningNode, word: string): Promise<string> =>
  node.run`sh -c ${`printf ${word.padEnd(8, '.')} | dd of=/dev/vda bs=4096 seek=100 conv=notrunc,fsync`}`

/** From the disk, not from what the guest remembers of it. */
const readDisk = async (node: RunningNode): Promise<string> => {
  await node.run`sh -c ${'sync; echo 3 >/proc/sys/vm/drop_caches'}`
  return (await node.run`dd if=/dev/vda bs=4096 skip=100 count=1`).slice(0, 8).replaceAll('.', '')
}

test.each(['fork', 'moment'] as const)(
  'a moment of a kept %s is what it was then, also when another process took one before',
  async (name) => {
    const words = ['first', 'second']
    for (const word of words) {
      const cluster = await attachCluster(kept[name], { makeSaver })
      const one = cluster.node('one')
      expect(await readDisk(one)).toBe(word === 'first' ? 'early' : 'first')
      await writeDisk(one, word)
      await one.run`sh -c ${`echo ${word} >/root/word`}`
      const moment = await cluster.moment(word)
      await writeDisk(one, 'later')
      await using again = await moment.fork()
      expect(await again.node('one').run`cat /root/word`).toBe(word)
      expect(await readDisk(again.node('one'))).toBe(word)
      await writeDisk(one, word)
      await cluster.letGo()
    }
  },
)

test('a fault of an attached process holds until that lets go, and another is told who has the links', async () => {
  const pings = async (): Promise<number> =>
    (await cluster.node('one').execute('ping -c 2 -W 2 two')).exitCode
  const script = startScript(`const { makeFaults: make } = await import(harness + '/faults/index.js')
    const cluster = await attachCluster(${JSON.stringify(kept.fork)}, { makeFaults: make })
    await cluster.faults.cut('one', 'two')
    report({})
    process.stdin.once('end', async () => { await cluster.letGo(); process.exit() }).resume()`)
  onTestFinished(() => void script.kill('SIGKILL'))
  await firstReport(script)
  const cluster = await attached()
  expect(await pings()).not.toBe(0)
  await expect(cluster.faults.delay('one', 'two', { by: 10 })).rejects.toMatchObject({
    code: 'NODE_HELD',
    message: expect.stringContaining(`process ${script.pid}: `) as string,
  })
  script.stdin.end()
  await script
  expect(await pings()).toBe(0)
  const again = await attached()
  await using fault = await again.faults.cut('one', 'two')
  expect(fault.holds).toBe(true)
  expect(await pings()).not.toBe(0)
})

test('a load takes as many programs as the node has processors', async () => {
  const cluster = await attached()
  await using fault = await cluster.faults.load('one')
  expect(fault.on).toBe('one: 1 programs')
})

test('a node is switched off and on again', async () => {
  const cluster = await attached()
  const fault = await cluster.faults.powerCut('two')
  expect(cluster.node('two').isOn).toBe(false)
  await fault.heal()
  expect(await cluster.node('two').run`echo on`).toBe('on')
  await cluster.node('two').run`sh -c ${'echo again >/root/word'}`
  await using fork = await cluster.fork()
  expect(await fork.node('two').run`cat /root/word`).toBe('again')
})
