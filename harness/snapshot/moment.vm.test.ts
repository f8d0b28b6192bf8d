import { EventEmitter, once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, rmSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { bootCluster, type Cluster, type RunningNode } from '../cluster/index.js'
import { forkCluster } from './fork.js'
import { ensureGolden } from './golden.js'
import { openMoment } from './moment.js'
import { momentsOn } from './pinned.js'
import { listSnapshots, pruneSnapshots } from './prune.js'
import { snapshotRoot, type Snapshot } from './snapshot.js'
import { ownHost } from '../testing/own-host.js'
import { atOnce, pair, pairWithDisks, pocketHost } from '../testing/pocket.js'
import { firstReport, startScript } from '../testing/script.js'

const { folder } = ownHost({ cache: 'own' })

type Pair = Cluster<'one' | 'two'>
let golden: Snapshot<'one' | 'two'>

beforeAll(async () => {
  golden = await pairWithDisks(folder)
})

const pings = (cluster: Pair): Promise<unknown> =>
  Promise.all([cluster.node('one').run`ping -c 1 -W 10 two`, cluster.node('two').run`ping -c 1 -W 10 one`])

const writeDisk = (node: RunningNode, word: string): Promise<string> =>
  node.run`sh -c ${`printf ${word.padEnd(8, '.')} | dd of=/dev/vda bs=4096 seek=100 conv=notrunc,fsync`}`

/** From the disk, not from what the guest remembers of it. */
const readDisk = async (node: RunningNode): Promise<string> => {
  await node.run`sh -c ${'sync; echo 3 >/proc/sys/vm/drop_caches'}`
  return (await node.run`dd if=/dev/vda bs=4096 skip=100 count=1`).slice(0, 8).replaceAll('.', '')
}

/** A program that holds a number in a variable, and says it when it is told to. It has its pipe open all the time: no word is lost between two. */
const startCounting = (node: RunningNode): Promise<string> =>
  node.run`sh -c ${`mkfifo /root/ask; n=0
    sh -c 'n=0; while read word; do n=$((n+1)); echo $n >/root/told; done' <>/root/ask >/dev/null 2>&1 &`}`
const count = async (node: RunningNode): Promise<string> =>
  node.run`sh -c ${'rm -f /root/told; echo >/root/ask; until [ -s /root/told ]; do :; done; cat /root/told'}`

test('variables of a program and files that were never synced are there again; two forks know nothing of each other', async () => {
  await using cluster = await forkCluster(golden)
  const one = cluster.node('one')
  await startCounting(one)
  expect([await count(one), await count(one)]).toEqual(['1', '2'])
  await one.run`sh -c ${'head -c 5000000 /dev/urandom >/root/noise; echo before >/root/word'}`
  const sum = await one.run`md5sum /root/noise`
  const moment = await cluster.moment('two were counted')
  await one.run`sh -c ${'echo after >/root/word; rm /root/noise'}`
  expect([await count(one), await count(one)]).toEqual(['3', '4'])

  await using left = await moment.fork()
  await using right = await moment.fork()
  for (const twin of [left, right]) {
    expect(await twin.node('one').run`cat /root/word`).toBe('before')
    expect(await twin.node('one').run`md5sum /root/noise`).toBe(sum)
    expect(await count(twin.node('one'))).toBe('3')
    await pings(twin)
  }
  await left.node('one').run`sh -c ${'echo left >/root/word'}`
  expect(await count(left.node('one'))).toBe('4')
  expect(await right.node('one').run`cat /root/word`).toBe('before')
  expect(await count(right.node('one'))).toBe('4')
  expect(await one.run`cat /root/word`).toBe('after')
})

test('a cluster goes on after a moment: what ran runs, commands end well, nodes reach each other', async () => {
  await using cluster = await forkCluster(golden)
  const [one, two] = [cluster.node('one'), cluster.node('two')]
  const counting = one.run`sh -c ${'for n in 1 2 3 4 5 6; do sleep 1; echo $n; done'}`
  const pinging = two.run`ping -c 6 one`
  const moments = [await cluster.moment('first'), await cluster.moment('second')]
  expect((await counting).split('\n')).toEqual(['1', '2', '3', '4', '5', '6'])
  expect(await pinging).toContain(' 0% packet loss')
  await pings(cluster)
  expect(moments.map(({ name }) => name)).toEqual(['first', 'second'])
  expect(cluster.signal.aborted).toBe(false)
})

test('a moment that is taken while commands run is entered; they go on in it, whether one or all channels are busy', async () => {
  await using cluster = await forkCluster(golden)
  const one = cluster.node('one')
  for (const commands of [1, 3]) {
    const started: Promise<unknown>[] = []
    const running = Array.from({ length: commands }, async (_, n) => {
      const begun = new EventEmitter()
      started.push(once(begun, 'output'))
      const command = `echo begun; sleep 8; echo over >/root/over${n}; echo said`
      return (await one.execute(command, { onOutput: () => begun.emit('output') })).stdout.toString()
    })
    await Promise.all(started)
    const moment = await cluster.moment('busy')
    await using twin = await moment.fork()
    await twin.node('one').waitUntil({ timeout: '60s' })`grep over /root/over${commands - 1}`
    // More at a time than channels were free.
    await Promise.all([1, 2, 3, 4].map(() => twin.node('one').run`sleep 1`))
    expect(await Promise.all(running)).toEqual(running.map(() => 'begun\nsaid\n'))
    await one.run`sh -c ${'rm /root/over*'}`
  }
})

test('disks are as they were, also after a power cut, in the fork of a moment and in the cluster', async () => {
  await using cluster = await forkCluster(golden)
  const two = cluster.node('two')
  await writeDisk(two, 'first')
  const first = await cluster.moment('first')
  await writeDisk(two, 'second')
  const second = await cluster.moment('second')
  await writeDisk(two, 'third')
  await using early = await first.fork()
  await using late = await second.fork()
  expect(await readDisk(early.node('two'))).toBe('first')
  expect(await readDisk(late.node('two'))).toBe('second')
  await writeDisk(early.node('two'), 'early')
  for (const [fork, word] of [
    [early, 'early'],
    [late, 'second'],
    [cluster, 'third'],
  ] as const) {
    await fork.node('two').powerOff()
    await fork.node('two').powerOn()
    expect(await readDisk(fork.node('two'))).toBe(word)
  }
  await using again = await second.fork()
  expect(await readDisk(again.node('two'))).toBe('second')
})

test('moments of a fork of a moment; each is smaller than what it stands on, and says when that is gone', async () => {
  await using cluster = await forkCluster(golden)
  const root = join(folder, 'chain')
  await cluster.node('one').run`sh -c ${'head -c 20000000 /dev/urandom >/root/noise; echo one >/root/word'}`
  await writeDisk(cluster.node('one'), 'one')
  const first = await cluster.moment('first', { root })
  await using fork = await first.fork()
  await fork.node('one').run`sh -c ${'echo two >/root/word; rm /root/noise'}`
  await writeDisk(fork.node('one'), 'two')
  const second = await fork.moment('second', { root })
  await fork.node('one').run`sh -c ${'echo three >/root/word'}`
  const third = await fork.moment('third', { root })
  await fork.close()
  await using twin = await third.fork()
  const one = twin.node('one')
  expect(await one.run`cat /root/word`).toBe('three')
  expect(await readDisk(one)).toBe('two')
  await using twinOfTwin = await twin.fork()
  expect(await twinOfTwin.node('one').run`cat /root/word`).toBe('three')
  await pings(twinOfTwin)
  expect(readdirSync(root)).toEqual(['001-first', '002-second', '003-third'])
  const [pagesOfSecond, pagesOfThird] = await Promise.all(
    [second, third].map(async ({ folder: of }) => {
      const one = (await openMoment(of, golden)).info.nodes['one']
      return one?.power === 'on' ? one.pages : 0
    }),
  )
  expect(pagesOfThird).toBeLessThan((pagesOfSecond ?? 0) / 2)
  rmSync(second.folder, { recursive: true })
  await expect(third.fork()).rejects.toMatchObject({ code: 'SNAPSHOT_BROKEN' })
  await using early = await first.fork()
  expect(await early.node('one').run`cat /root/word`).toBe('one')
})

test('a moment outlives its cluster; the clocks of its fork go on from it', async () => {
  const root = join(folder, 'kept')
  const cluster = await forkCluster(golden)
  await cluster.node('one').run`date -s 2031-05-06`
  const taken = await cluster.moment('kept', { root })
  await cluster.close()
  const moment = await openMoment(taken.folder, golden)
  expect(moment.name).toBe('kept')
  await using fork = await moment.fork()
  const [one, two] = [fork.node('one'), fork.node('two')]
  expect(await one.run`date +%Y-%m-%d`).toBe('2031-05-06')
  const before = Number(await two.run`date +%s`)
  expect(Math.abs(before - moment.info.made.getTime() / 1000)).toBeLessThan(60)
  // A node that is switched on has the time of the others.
  await one.powerOff()
  await one.powerOn()
  const [switchedOn, running] = await Promise.all([one.run`date +%s`, two.run`date +%s`])
  expect(Math.abs(Number(running) - Number(switchedOn))).toBeLessThan(5)
})

test('a cluster that was booted has no moments', async () => {
  await using booted = await bootCluster(pair, await pocketHost())
  await expect(booted.moment('booted')).rejects.toMatchObject({ code: 'USAGE' })
})

test('one who is killed in the middle of a moment leaves nothing, and loses no earlier one', async () => {
  const root = join(folder, 'killed')
  mkdirSync(root)
  const script = startScript(
    `const golden = JSON.parse(process.env.GOLDEN, (key, value) => key === 'made' ? new Date(value) : value)
     const { images } = await pocketHost()
     const conf = images.get('pocket').conf
     const image = { ...golden.image, conf }
     const cluster = await forkCluster({ ...golden, images: new Map([['pocket', image]]) })
     await cluster.node('one').run\`sh -c \${'head -c 30000000 /dev/urandom >/root/noise; echo kept >/root/word'}\`
     await cluster.moment('kept', { root: '${root}' })
     await cluster.node('one').run\`sh -c \${'head -c 30000000 /dev/urandom >/root/noise'}\`
     await cluster.moment('lost', { root: '${root}', onResumed: () => { report({ going: true }); process.kill(process.pid, 'SIGKILL') } })`,
    { env: { GOLDEN: JSON.stringify({ ...golden, image: golden.images.get('pocket') }) } },
  )
  await firstReport(script)
  await script
  expect(readdirSync(root)).toEqual(['001-kept'])
  await using fork = await (await openMoment(join(root, '001-kept'), golden)).fork()
  expect(await fork.node('one').run`cat /root/word`).toBe('kept')
})

test('a golden snapshot goes after those that no moment stands on, and its moments with it', async () => {
  const other = await ensureGolden(pair, { ...golden, readiness: { ...atOnce, name: 'other' } })
  const root = join(folder, 'pins')
  await using cluster = await forkCluster(golden)
  const moment = await cluster.moment('pins', { root })
  await cluster.close()
  const prune = async (mebibytes: number): Promise<string[]> => {
    const longAgo = Date.now() / 1000 - 7200
    utimesSync(join(golden.folder, 'used'), longAgo - 3600, longAgo - 3600)
    if (existsSync(other.folder)) utimesSync(join(other.folder, 'used'), longAgo, longAgo)
    await pruneSnapshots(snapshotRoot(), 'none', mebibytes / 1024)
    return (await listSnapshots(snapshotRoot())).map((kept) => kept.folder)
  }
  const sizes = (await listSnapshots(snapshotRoot())).map(({ size }) => size / 1024 ** 2)
  // Room for one of the two.
  expect(await prune(Math.max(...sizes) + 1)).toEqual([golden.folder])
  expect(await momentsOn(golden.folder)).toEqual(expect.arrayContaining([moment.folder]))
  expect(await prune(1)).toEqual([])
  const again = await ensureGolden(pair, { ...golden, readiness: atOnce })
  expect(again.key).toBe(golden.key)
  await expect(moment.fork()).rejects.toMatchObject({
    code: 'SNAPSHOT_BROKEN',
    message: expect.stringContaining('given up with its golden snapshot') as string,
  })
})

test('a moment is not entered on a golden snapshot that was made anew', async () => {
  const fresh = await ensureGolden(pair, { ...golden, readiness: atOnce })
  await using cluster = await forkCluster(fresh)
  const moment = await cluster.moment('before', { root: join(folder, 'anew') })
  await cluster.close()
  rmSync(fresh.folder, { recursive: true })
  const anew = await ensureGolden(pair, { ...golden, readiness: atOnce })
  expect(anew.key).toBe(fresh.key)
  await expect(moment.fork()).rejects.toMatchObject({ code: 'SNAPSHOT_BROKEN' })
})
