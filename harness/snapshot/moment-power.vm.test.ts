import { mkdirSync, readdirSync } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { attachCluster, type Cluster, type RunningNode } from '../cluster/index.js'
import { forkCluster } from './fork.js'
import { makeSaver, openMoment } from './moment.js'
import { keepMoments } from './moment-merge.js'
import type { Snapshot } from './snapshot.js'
import { ownHost } from '../testing/own-host.js'
import { pairWithDisks } from '../testing/pocket.js'
import { firstReport, startScript } from '../testing/script.js'

const { folder } = ownHost({ cache: 'own' })

type Pair = Cluster<'one' | 'two'>
let golden: Snapshot<'one' | 'two'>

beforeAll(async () => {
  golden = await pairWithDisks(folder)
})

/** By address: the names of a pocket node lie in its memory, and go with its power. */
const pings = async (cluster: Pair): Promise<void> => {
  await cluster.node('one').run`ping -c 1 -W 10 192.168.7.4`
  await cluster.node('two').run`ping -c 1 -W 10 192.168.7.2`
}

const writeDisk = (node: RunningNode, word: string): Promise<string> =>
  node.run`sh -c ${`printf ${word.padEnd(8, '.')} | dd of=/dev/vda bs=4096 seek=100 conv=notrunc,fsync`}`

/** From the disk, not from what the guest remembers of it. */
const readDisk = async (node: RunningNode): Promise<string> => {
  await node.run`sh -c ${'sync; echo 3 >/proc/sys/vm/drop_caches'}`
  return (await node.run`dd if=/dev/vda bs=4096 skip=100 count=1`).slice(0, 8).replaceAll('.', '')
}

const writeMemory = (node: RunningNode, word: string): Promise<string> =>
  node.run`sh -c ${`mkdir -p /dev/shm; echo ${word} >/dev/shm/word`}`

async function restart(node: RunningNode): Promise<void> {
  await node.powerOff()
  await node.powerOn()
}

test('a node that is off is off in the fork of a moment, and has its disk when it is switched on there', async () => {
  await using cluster = await forkCluster(golden)
  const two = cluster.node('two')
  await writeDisk(two, 'written')
  await two.powerOff()
  const moment = await cluster.moment('two is off')
  await using fork = await moment.fork()
  const twin = fork.node('two')
  expect([fork.node('one').isOn, twin.isOn]).toEqual([true, false])
  expect(await fork.node('one').run`echo on`).toBe('on')
  await expect(twin.run`true`).rejects.toMatchObject({ code: 'SHELL_LOST' })
  // There is nothing to switch off.
  await twin.powerOff()
  await twin.powerOn()
  expect(await readDisk(twin)).toBe('written')
  await pings(fork)
  await writeDisk(twin, 'fork')
  // The cluster knows nothing of it.
  await two.powerOn()
  expect(await readDisk(two)).toBe('written')
  expect(cluster.signal.aborted).toBe(false)
  expect(fork.signal.aborted).toBe(false)
})

test('a node that was switched off and on is in the fork of a moment what it was; later moments hold what changed since', async () => {
  await using cluster = await forkCluster(golden)
  const root = join(folder, 'again')
  const [one, two] = [cluster.node('one'), cluster.node('two')]
  const zero = await cluster.moment('before', { root })
  await writeDisk(two, 'first')
  await restart(two)
  await writeMemory(two, 'first')
  const first = await cluster.moment('first', { root })
  await two.run`sh -c ${'echo second >/dev/shm/word'}`
  await writeDisk(two, 'second')
  await writeMemory(one, 'of one')
  const second = await cluster.moment('second', { root })
  await pings(cluster)
  await writeMemory(two, 'third')

  for (const [moment, word] of [
    [first, 'first'],
    [second, 'second'],
  ] as const) {
    await using fork = await moment.fork()
    expect(await fork.node('two').run`cat /dev/shm/word`).toBe(word)
    expect(await readDisk(fork.node('two'))).toBe(word)
    await pings(fork)
    // And a moment of the fork.
    await writeMemory(fork.node('two'), `fork of ${word}`)
    await using again = await fork.fork()
    expect(await again.node('two').run`cat /dev/shm/word`).toBe(`fork of ${word}`)
    await pings(again)
  }
  await using early = await zero.fork()
  await early.node('two').run`ping -c 1 -W 10 one`

  const [whole, changed] = await Promise.all(
    [first, second].map(async (moment) => (await openMoment(moment.folder, golden)).info.nodes['two']),
  )
  expect(whole).toMatchObject({ power: 'on', memory: 'own', alone: true })
  expect(changed).toMatchObject({ power: 'on', memory: 'own', alone: false })
  const pagesOf = (node: typeof whole): number => (node?.power === 'on' ? node.pages : 0)
  expect(pagesOf(changed)).toBeLessThan(pagesOf(whole) / 2)

  await keepMoments(root, ['003-second'])
  await using alone = await (await openMoment(second.folder, golden)).fork()
  expect(await alone.node('two').run`cat /dev/shm/word`).toBe('second')
  expect(await alone.node('one').run`cat /dev/shm/word`).toBe('of one')
  expect(await readDisk(alone.node('two'))).toBe('second')
})

test('off, on, off, on: each moment of a row is what the cluster was then, also after those between are gone', async () => {
  const root = join(folder, 'row')
  await using cluster = await forkCluster(golden)
  const two = cluster.node('two')
  await writeDisk(two, 'one')
  await two.powerOff()
  await cluster.moment('off', { root })
  await two.powerOn()
  await writeMemory(two, 'two')
  await cluster.moment('on', { root })
  await two.shutDown()
  await cluster.moment('off again', { root })
  await cluster.moment('still off', { root })
  await two.powerOn()
  await writeDisk(two, 'three')
  await cluster.moment('on again', { root })
  await cluster.close()
  await keepMoments(root, ['002-on', '004-still-off', '005-on-again'])
  const enter = async (name: string): Promise<Pair> => (await openMoment(join(root, name), golden)).fork()
  await using on = await enter('002-on')
  expect(await on.node('two').run`cat /dev/shm/word`).toBe('two')
  expect(await readDisk(on.node('two'))).toBe('one')
  await using off = await enter('004-still-off')
  expect(off.node('two').isOn).toBe(false)
  await off.node('two').powerOn()
  expect(await readDisk(off.node('two'))).toBe('one')
  await using again = await enter('005-on-again')
  expect(await readDisk(again.node('two'))).toBe('three')
  expect((await again.node('two').execute('ls /dev/shm/word')).exitCode).not.toBe(0)
})

test('memory that is there and not mapped is kept, too', async () => {
  await using cluster = await forkCluster(golden)
  const two = cluster.node('two')
  await restart(two)
  await two.machine.pause()
  const memoryOf = async ({ machine }: RunningNode): Promise<string> =>
    `${await machine.processFolder()}/root${machine.spec.memory.file}`
  const pageSize = 4096
  const pageAt = async (file: string, page: number): Promise<Buffer> => {
    await using handle = await open(file)
    const { buffer } = await handle.read(Buffer.alloc(pageSize), 0, pageSize, page * pageSize)
    return buffer
  }
  // A page that the guest has never had, which a guest that stands still does not miss.
  const file = await memoryOf(two)
  const pages = (await stat(file)).size / pageSize
  let hole = Math.floor(pages / 2)
  while ((await pageAt(file, hole)).some((byte) => byte !== 0)) hole++
  await using handle = await open(file, 'r+')
  await handle.write(Buffer.alloc(pageSize, 'x'), 0, pageSize, hole * pageSize)
  await using fork = await cluster.fork()
  expect((await pageAt(await memoryOf(fork.node('two')), hole)).toString()).toBe('x'.repeat(pageSize))
  // What stood still stands still.
  const status = await fork.node('two').machine.qmp.execute<{ running: boolean }>('query-status')
  expect(status.running).toBe(false)
})

test('a node that joined is in the fork of a moment, by its name', async () => {
  const root = join(folder, 'joined')
  await using cluster = await forkCluster(golden)
  await cluster.moment('two nodes', { root })
  const plan = { image: 'pocket', role: 'pocket', address: '192.168.7.8' }
  const three = await cluster.addNode('three', plan)
  await writeDisk(three, 'joined')
  await writeMemory(three, 'joined')
  await cluster.moment('three nodes', { root })
  await three.powerOff()
  await cluster.moment('three is off', { root })
  await cluster.close()

  // Its type has the names of the golden snapshot's topology only.
  const there = (fork: Cluster): RunningNode => fork.node('three')
  await using fork = await (await openMoment(join(root, '002-three-nodes'), golden)).fork()
  expect(fork.nodes.map(({ name }) => name)).toEqual(['one', 'two', 'three'])
  expect(fork.topology.nodes.map(({ name }) => name)).toEqual(['one', 'two', 'three'])
  const twin = there(fork)
  expect(await twin.run`cat /dev/shm/word`).toBe('joined')
  expect(await readDisk(twin)).toBe('joined')
  await fork.node('one').run`ping -c 1 -W 10 192.168.7.8`
  await twin.run`nc -l -p 900 -e true >/dev/null 2>&1 &`
  await twin.waitForPort(900, { timeout: '30s' })
  // Its name and its tap are taken, the next are not.
  await expect(fork.addNode('three', { ...plan, address: '192.168.7.9' })).rejects.toMatchObject({
    code: 'TOPOLOGY_INVALID',
  })
  await fork.addNode('four', { ...plan, address: '192.168.7.10' })
  await using four = await fork.fork()
  expect(four.nodes.map(({ name }) => name)).toEqual(['one', 'two', 'three', 'four'])

  await using off = await (await openMoment(join(root, '003-three-is-off'), golden)).fork()
  const switchedOff = there(off)
  expect(switchedOff.isOn).toBe(false)
  await switchedOff.powerOn()
  expect(await readDisk(switchedOff)).toBe('joined')
  await using before = await (await openMoment(join(root, '001-two-nodes'), golden)).fork()
  expect(before.nodes.map(({ name }) => name)).toEqual(['one', 'two'])
})

test('a node that boots goes on booting in the fork of a moment, which does not wait for it', async () => {
  await using cluster = await forkCluster(golden)
  const two = cluster.node('two')
  await writeDisk(two, 'boots')
  await two.powerOff()
  const booting = two.powerOn()
  // Whose machine is there, or comes before the moment.
  const moment = await cluster.moment('two boots')
  const { info } = await openMoment(moment.folder, golden)
  expect(info.nodes['two']).toMatchObject({ power: 'on', answers: false, memory: 'own' })
  await using fork = await moment.fork()
  const twin = fork.node('two')
  expect([twin.isOn, twin.isBooting]).toEqual([false, true])
  expect(await fork.node('one').run`echo on`).toBe('on')
  await twin.powerOn()
  expect([twin.isOn, twin.isBooting]).toEqual([true, false])
  expect(await readDisk(twin)).toBe('boots')
  await booting
  expect(await readDisk(two)).toBe('boots')
  await pings(fork)
  await pings(cluster)
  // One that is given up in the middle can be switched on again.
  await using other = await moment.fork()
  await other.node('two').powerOff()
  await other.node('two').powerOn()
  expect(await readDisk(other.node('two'))).toBe('boots')
})

test('a kept cluster: a process that is attached takes moments of nodes that are off, were switched on again, or joined', async () => {
  const root = join(folder, 'kept')
  const forked = await forkCluster(golden)
  await forked.addNode('three', { image: 'pocket', role: 'pocket', address: '192.168.7.8' })
  await restart(forked.node('two'))
  await writeMemory(forked.node('two'), 'kept')
  await forked.node('one').powerOff()
  const { folder: kept } = forked.sandbox
  await forked.keep('kept')
  const cluster = await attachCluster(kept, { makeSaver })
  try {
    await cluster.moment('attached', { root })
    const other = await attachCluster(kept, { makeSaver })
    await other.node('one').powerOn()
    await other.letGo()
    // This process takes it for off.
    await expect(cluster.moment('another has switched it on', { root })).rejects.toMatchObject({
      code: 'USAGE',
    })
  } finally {
    await cluster.close()
  }
  await using fork = await (await openMoment(join(root, '001-attached'), golden)).fork()
  expect(fork.nodes.map(({ name, isOn }) => [name, isOn])).toEqual([
    ['one', false],
    ['two', true],
    ['three', true],
  ])
  expect(await fork.node('two').run`cat /dev/shm/word`).toBe('kept')
})

test('one who is killed in the middle of such a moment leaves nothing, and loses no earlier one', async () => {
  const root = join(folder, 'killed')
  mkdirSync(root)
  const script = startScript(
    `const golden = JSON.parse(process.env.GOLDEN, (key, value) => key === 'made' ? new Date(value) : value)
     const { images } = await pocketHost()
     const conf = images.get('pocket').conf
     const image = { ...golden.image, conf }
     const cluster = await forkCluster({ ...golden, images: new Map([['pocket', image]]) })
     const [one, two] = cluster.nodes
     await two.powerOff()
     await two.powerOn()
     await two.run\`sh -c \${'mkdir -p /dev/shm; echo kept >/dev/shm/word'}\`
     await one.powerOff()
     await cluster.moment('kept', { root: '${root}' })
     await two.run\`sh -c \${'head -c 30000000 /dev/urandom >/root/noise'}\`
     await cluster.moment('lost', { root: '${root}', onResumed: () => { report({ going: true }); process.kill(process.pid, 'SIGKILL') } })`,
    { env: { GOLDEN: JSON.stringify({ ...golden, image: golden.images.get('pocket') }) } },
  )
  await firstReport(script)
  await script
  expect(readdirSync(root)).toEqual(['001-kept'])
  await using fork = await (await openMoment(join(root, '001-kept'), golden)).fork()
  expect(await fork.node('two').run`cat /dev/shm/word`).toBe('kept')
  expect(fork.node('one').isOn).toBe(false)
})
