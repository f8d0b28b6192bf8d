import { existsSync, statSync } from 'node:fs'
import { readdir, rm, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import { beforeAll, describe, expect, test } from 'vitest'
import { forkCluster } from './fork.js'
import { ensureGolden } from './golden.js'
import { snapshotRoot, type Snapshot } from './snapshot.js'
import { pruneSnapshots } from './prune.js'
import { cacheFolder } from '../paths.js'
import { ownHost } from '../testing/own-host.js'
import { atOnce, pair, pairGolden, pocketHost } from '../testing/pocket.js'
import { firstReport, startScript } from '../testing/script.js'

// What means something to a shell, or in QEMU's lists of options, is a name like any other.
ownHost({ cache: "o'brien, own" })

let golden: Snapshot<'one' | 'two'>

test('a builder that is killed leaves nothing that would be used, and the next one builds', async () => {
  const builder = startScript(
    `await ensureGolden(pair, { ...(await pocketHost()), readiness: { name: 'at once', prove: () => {
       report({ booted: true })
       return new Promise((resolve) => setTimeout(resolve, 600_000))
     } } })`,
  )
  await firstReport(builder)
  builder.kill('SIGKILL')
  await builder
  const left = await readdir(snapshotRoot())
  expect(left.filter((name) => existsSync(join(snapshotRoot(), name, 'golden.json')))).toEqual([])
  // The lock of a dead process counts as free after a minute without a sign of life; let that minute be over.
  const past = new Date(Date.now() - 120_000)
  for (const name of left.filter((entry) => entry.endsWith('.lock')))
    await utimes(join(snapshotRoot(), name), past, past)

  const [mine, other] = await Promise.all([
    pairGolden(),
    firstReport<{ folder: string; took: number }>(
      startScript('const { folder, took } = await pairGolden(); report({ folder, took })'),
    ),
  ])
  // Two processes asked, one built: the time it took is written down once.
  expect(other).toEqual({ folder: mine.folder, took: mine.took })
  expect(await readdir(snapshotRoot())).toEqual([`pair-${mine.key}`])
})

test('one who gives up while the cluster is proved ends it at once, and leaves nothing', async () => {
  const giveUp = new AbortController()
  let proving = 0
  const making = ensureGolden(pair, {
    ...(await pocketHost()),
    signal: giveUp.signal,
    readiness: {
      name: 'never',
      prove: async (cluster) => {
        proving = performance.now()
        giveUp.abort(new Error('given up'))
        await cluster.node('one').run({ timeout: '20min' })`sleep 1200`
      },
    },
  })
  await expect(making).rejects.toThrow()
  expect(performance.now() - proving).toBeLessThan(120_000)
  expect((await readdir(snapshotRoot())).filter((name) => name.endsWith('.building'))).toEqual([])
})

test('whatever goes into a node goes into the key', async () => {
  const host = await pocketHost()
  const keyed = { ...host, readiness: atOnce }
  golden = await ensureGolden(pair, keyed)
  const stop = new AbortController()
  stop.abort(new Error('this would boot'))
  const [image] = [...host.images.values()]
  if (!image) throw new TypeError('no image')
  const others = [
    ensureGolden(
      { ...pair, nodes: pair.nodes.map((node) => ({ ...node, memoryMiB: 96 })) },
      { ...keyed, signal: stop.signal },
    ),
    ensureGolden(pair, { ...keyed, readiness: { ...atOnce, name: 'another' }, signal: stop.signal }),
    ensureGolden(pair, {
      ...keyed,
      images: new Map([['pocket', { ...image, build: 'another' }]]),
      signal: stop.signal,
    }),
  ]
  for (const other of await Promise.allSettled(others)) {
    expect(other).toMatchObject({ status: 'rejected', reason: { message: 'this would boot' } })
  }
  expect(await readdir(snapshotRoot())).toEqual([`pair-${golden.key}`])
})

test('a snapshot, which holds what its nodes held, is for this user alone', async () => {
  const held = (await readdir(golden.folder)).filter((name) => /\.(memory|state|qcow2)$/.test(name))
  expect(held.sort()).toEqual(['one.memory', 'one.state', 'two.memory', 'two.state'])
  const paths = [golden.folder, ...held.map((name) => join(golden.folder, name))]
  expect(paths.filter((path) => (statSync(path).mode & 0o077) !== 0)).toEqual([])
})

test('a maker whose lock is gone puts nothing in place: another may be making the same', async () => {
  const making = ensureGolden(pair, {
    ...(await pocketHost()),
    readiness: { name: 'unlocked', prove: () => rm(join(cacheFolder(), 'locks'), { recursive: true }) },
  })
  await expect(making).rejects.toMatchObject({ code: 'HOST_FOLDER' })
  expect(await readdir(snapshotRoot())).toEqual([`pair-${golden.key}`])
})

describe('forks', () => {
  beforeAll(async () => {
    golden = await pairGolden()
  })

  test('live side by side and know nothing of each other', async () => {
    await using left = await forkCluster(golden)
    await using right = await forkCluster(golden)
    await left.node('one').run`echo left >/root/mine`
    await right.node('two').run`hostname changed`
    expect((await right.node('one').execute('cat /root/mine')).exitCode).not.toBe(0)
    expect(await left.node('two').run`hostname`).toBe('two')
    expect(await left.node('one').run`cat /root/mine`).toBe('left')
  })

  test('have a network: every node reaches the others by name', async () => {
    await using fork = await forkCluster(golden)
    await Promise.all([fork.node('one').run`ping -c 1 -W 10 two`, fork.node('two').run`ping -c 1 -W 10 one`])
  })

  test('started at once both come up, in a fraction of the time a boot takes', async () => {
    const started = performance.now()
    const forks = await Promise.all([forkCluster(golden), forkCluster(golden)])
    const took = performance.now() - started
    await Promise.all(forks.map((fork) => fork.node('one').run`true`))
    await Promise.all(forks.map((fork) => fork.close()))
    expect(took).toBeLessThan(golden.took / 2)
  })

  test('leave the snapshot as it was', async () => {
    const before = await stampOf(golden)
    await using fork = await forkCluster(golden)
    await fork.node('one').run`dd if=/dev/urandom of=/root/noise bs=1M count=8`
    expect(await stampOf(golden)).toEqual(before)
  })
})

test('a snapshot is not pruned under a machine that runs, and is once none does', async () => {
  const prune = async (): Promise<string[]> => {
    const longAgo = new Date(Date.now() - 7_200_000)
    await utimes(join(golden.folder, 'used'), longAgo, longAgo)
    await pruneSnapshots(snapshotRoot(), 'none', 0.001)
    return readdir(snapshotRoot())
  }
  const fork = await forkCluster(golden)
  expect(await prune()).toEqual([`pair-${golden.key}`])
  await fork.close()
  expect(await prune()).toEqual([])
})

/** The files of a snapshot that forks read, by content. */
async function stampOf({ folder }: Snapshot): Promise<string> {
  return (await execa({ shell: true, cwd: folder })`sha256sum *.memory *.state`).stdout
}
