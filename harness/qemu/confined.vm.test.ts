import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { basename, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { Machine } from './machine.js'
import { forkCluster } from '../snapshot/index.js'
import { snapshotFiles } from '../snapshot/snapshot.js'
import { cacheWithImages } from '../testing/cache-with-images.js'
import { setEnvironment } from '../testing/environment.js'
import { ownHost } from '../testing/own-host.js'
import { pairGolden, pairWithDisks } from '../testing/pocket.js'

const { folder } = ownHost()

/** A field of status in a folder of proc(5). */
const field = (of: string, name: string): string | undefined =>
  new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(readFileSync(join(of, 'status'), 'utf8'))?.[1]

test('every thread of QEMU has its system calls filtered, and it starts no program', async () => {
  await using cluster = await forkCluster(await pairGolden())
  const { machine } = cluster.node('one')
  const tasks = join(await machine.processFolder(), 'task')
  const threads = readdirSync(tasks).map((name) => join(tasks, name))
  expect(threads.length).toBeGreaterThan(1)
  for (const thread of threads) {
    // SECCOMP_MODE_FILTER (proc(5), Seccomp).
    expect(field(thread, 'Seccomp')).toBe('2')
    expect(field(thread, 'NoNewPrivs')).toBe('1')
  }
  const file = join(folder, 'made by QEMU')
  await machine.qmp
    .execute('migrate', { uri: `exec:echo it started a program >'${file}'` })
    .catch(() => undefined)
  // The kernel ends a program that does what its filter forbids.
  await expect.poll(() => machine.ended.aborted, { timeout: 60_000 }).toBe(true)
  expect(existsSync(file)).toBe(false)
})

/** Where QEMU can write: the places of its mounts that are not read-only (proc(5), /proc/PID/mountinfo). */
async function writable(machine: Machine): Promise<string[]> {
  const lines = readFileSync(join(await machine.processFolder(), 'mountinfo'), 'utf8')
    .trimEnd()
    .split('\n')
  const mounts = lines.map((line) => line.split(' '))
  expect(mounts.length).toBeGreaterThan(10)
  return mounts
    .filter(([, , , , , options]) => !options?.split(',').includes('ro'))
    .map(([, , , , at]) => at ?? '')
    .sort()
}

const devices = ['full', 'kvm', 'net/tun', 'null', 'random', 'urandom', 'zero']
  .map((name) => join('/dev', name))
  .filter(existsSync)

test('QEMU sees its own files only, can write to what its node writes to, and has no capability to change that', async () => {
  const secret = join(folder, 'secret')
  writeFileSync(secret, 'of somebody else')
  const golden = await pairGolden()
  await using cluster = await forkCluster(golden, { logFolder: folder })
  const { machine } = cluster.node('one')
  const process = await machine.processFolder()
  const seen = (path: string): boolean => existsSync(join(process, 'root', path))
  expect(existsSync('/etc/shadow')).toBe(true)
  expect(['/etc/shadow', secret].filter(seen)).toEqual([])
  // What other programs of its cluster see has a name there, and nothing in it.
  expect(statSync(join(process, 'root', snapshotFiles(golden.folder, 'two').memory)).size).toBe(0)
  expect([cluster.sandbox.folder, '/usr/share/qemu', machine.spec.consoleLog].filter(seen)).toHaveLength(3)
  expect(await writable(machine)).toEqual(
    [
      ...devices,
      ...['/dev/shm', cluster.sandbox.folder],
      ...[machine.spec.consoleLog, snapshotFiles(golden.folder, 'one').memory],
    ].sort(),
  )
  for (const thread of readdirSync(join(process, 'task')).map((name) => join(process, 'task', name)))
    for (const set of ['CapPrm', 'CapEff', 'CapBnd', 'CapAmb']) expect(field(thread, set)).toMatch(/^0+$/)
  const open = readdirSync(join(process, 'fd')).map((name) => readlinkSync(join(process, 'fd', name)))
  const files = open.filter((path) => path.startsWith('/') && !path.startsWith('/dev/'))
  const own = [cluster.sandbox.folder, golden.folder, machine.spec.consoleLog]
  expect(
    files.filter((path) => !own.some((place) => path.startsWith(`${place}/`) || path === place)),
  ).toEqual([])
  expect(open).not.toContain(cluster.sandbox.folder)
})

test('in folders of unusual names, and behind a link, a cluster boots, forks, saves a moment, and is entered again', async () => {
  const odd = join(folder, 'o d,#')
  mkdirSync(odd)
  const cache = cacheWithImages(join(folder, 'the "cache", $HOME\\ ü'))
  symlinkSync(basename(cache), join(folder, 'cache-link'))
  onTestFinished(setEnvironment({ TMPDIR: odd, STACKRIG_CACHE: join(folder, 'cache-link') }))
  const disks = join(folder, 'disks, of images')
  mkdirSync(disks)
  await using fork = await forkCluster(await pairWithDisks(disks))
  const one = fork.node('one')
  await one.run`sh -c ${'printf xxx | dd of=/dev/vda conv=notrunc,fsync && echo kept >/tmp/kept'}`
  const moment = await fork.moment('first')
  await using again = await moment.fork()
  const there = 'cat /tmp/kept; head -c 3 /dev/vda'
  expect(await again.node('one').run`sh -c ${there}`).toBe('kept\nxxx')
  await one.powerOff()
  await one.powerOn()
  expect(await one.run`head -c 3 /dev/vda`).toBe('xxx')
  // Its disk lies on others, which it only reads.
  expect((await writable(one.machine)).filter((path) => path.includes('images'))).toEqual([])
})
