import { readdir, readFile } from 'node:fs/promises'
import { expect, test, vi } from 'vitest'
import { bootCluster } from './boot.js'
import type { Cluster } from './cluster.js'
import type { MachineOptions } from './launch.js'
import { ensureGolden, forkCluster, type Snapshot } from '../snapshot/index.js'
import { ownHost } from '../testing/own-host.js'
import { atOnce, pair, pocketHost } from '../testing/pocket.js'
import { givenRunqemu } from '../testing/runqemu.js'

ownHost({ cache: 'own' })

givenRunqemu()

/** What booting under runqemu needs. */
const runqemuHost = async (): Promise<MachineOptions> => ({ ...(await pocketHost()), launcher: 'runqemu' })
const runqemuGolden = async (): Promise<Snapshot<'one' | 'two'>> =>
  ensureGolden(pair, { ...(await runqemuHost()), readiness: atOnce })

test('nodes boot, see each other, and fork', async () => {
  await using booted = await bootCluster(pair, await runqemuHost())
  await booted.node('one').waitUntil({ timeout: '30s' })`ping -c 1 -W 1 192.168.7.4`
  const golden = await runqemuGolden()
  await using first = await forkCluster(golden)
  await using second = await forkCluster(golden)
  await first.node('one').run`touch /tmp/mine`
  await first.node('one').waitUntil({ timeout: '30s' })`ping -c 1 -W 1 192.168.7.4`
  expect((await second.node('one').execute('ls /tmp/mine')).exitCode).not.toBe(0)
})

test('a node loses power, is switched on again, and no QEMU is left behind', async () => {
  await using cluster = await forkCluster(await runqemuGolden())
  await cluster.node('one').powerOff()
  await vi.waitFor(async () => expect(await qemus(cluster)).toHaveLength(1), { timeout: 10_000 })
  await cluster.node('one').powerOn()
  expect(await cluster.node('one').run`echo on`).toBe('on')
})

test('QEMU is called as stackrig itself calls it, but for what runqemu adds', async () => {
  const host = await pocketHost()
  const commands = async (launcher: MachineOptions['launcher']): Promise<string[][]> => {
    await using cluster = await bootCluster(pair, { ...host, launcher })
    const calls = await qemus(cluster)
    return calls.map((words) =>
      words.filter((word) => /virtio|mac=|memory-backend|socket,|^\d+$/.test(word)).sort(),
    )
  }
  const direct = await commands('direct')
  const byRunqemu = await commands('runqemu')
  // runqemu says size and processors once more, and names the machine apart from its properties.
  const plain = (words: string[]): string[] => [
    ...new Set(words.map((word) => word.replace(/^pc,|logfile=.*/, ''))),
  ]
  expect(byRunqemu.map(plain)).toEqual(direct.map(plain))
})

test('a QEMU that cannot start is no success: its words are in the error', async () => {
  const host = await runqemuHost()
  const image = host.images.get('pocket')
  if (!image) throw new TypeError('no pocket image')
  const broken = new Map([['pocket', { ...image, memoryMiB: 1_000_000_000 }]])
  await expect(bootCluster(pair, { ...host, images: broken })).rejects.toMatchObject({
    code: 'QEMU_DIED',
    message: expect.stringMatching(/Failed to run qemu/) as string,
  })
})

/** The command lines of the QEMUs in a cluster's sandbox, by node name. */
async function qemus(cluster: Cluster): Promise<string[][]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const lines = await Promise.all(
    pids.map(async (pid) => {
      const words = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0')
      const ours = words.some((word) => word.includes(cluster.sandbox.folder))
      return /qemu-system/.test(words[0] ?? '') && ours ? [words] : []
    }),
  )
  return lines.flat().sort((a, b) => String(a).localeCompare(String(b)))
}
