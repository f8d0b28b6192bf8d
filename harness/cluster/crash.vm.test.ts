import { afterEach, describe, expect, test } from 'vitest'
import { parseQemubootConf, type Image } from '../images/index.js'
import { bootCluster } from './boot.js'
import { forkCluster } from '../snapshot/index.js'
import { machinesBelow } from '../testing/leftovers.js'
import { expectNothingLeft, ownHost } from '../testing/own-host.js'
import { pair, pairGolden, pocketHost } from '../testing/pocket.js'

ownHost()
afterEach(expectNothingLeft)

// Far beyond what anything here takes, so that a part of it is a bound even on a busy machine.
const timeout = 1_200_000

describe('QEMU that dies at its start', () => {
  const bootWith = async (change: (image: Image) => Partial<Image>): Promise<void> => {
    const host = await pocketHost()
    const broken = new Map([...host.images].map(([name, image]) => [name, { ...image, ...change(image) }]))
    await (await bootCluster(pair, { ...host, images: broken })).close()
  }

  test('of a machine it does not know: its words are in the error', async () => {
    const conf = parseQemubootConf('[config_bsp]\nqb_machine = -machine nonsense\n', 'broken.qemuboot.conf')
    await expect(bootWith(() => ({ conf }))).rejects.toMatchObject({
      code: 'QEMU_DIED',
      message: expect.stringMatching(
        /node (one|two)[\s\S]*exit status 1[\s\S]*unsupported machine type/,
      ) as string,
    })
  })

  test('of a kernel that is gone', async () => {
    await expect(bootWith(() => ({ kernel: '/nowhere/bzImage' }))).rejects.toMatchObject({
      code: 'QEMU_DIED',
      message: expect.stringContaining('/nowhere/bzImage') as string,
    })
  })
})

test('a node that crashes ends the waits on every other, with its last words', async () => {
  await using cluster = await forkCluster(await pairGolden())
  const started = performance.now()
  const waits = Promise.allSettled([
    cluster.node('one').waitUntil({ timeout: `${timeout}ms` })`false`,
    cluster.node('one').waitForPort(81, { timeout: `${timeout}ms` }),
    cluster.node('two').waitUntil({ timeout: `${timeout}ms` })`false`,
  ])
  const [, crash] = await Promise.all([
    waits,
    cluster
      .node('two')
      .execute('echo c >/proc/sysrq-trigger', { timeout: '60s' })
      .catch((error: unknown) => error),
  ])
  for (const wait of await waits) {
    expect(wait).toMatchObject({
      status: 'rejected',
      reason: {
        code: 'NODE_CRASHED',
        message: expect.stringMatching(/node two must run, but crashed[\s\S]*Kernel panic/) as string,
      },
    })
  }
  expect(crash).toMatchObject({ code: 'NODE_CRASHED' })
  expect(cluster.signal.reason).toMatchObject({ code: 'NODE_CRASHED' })
  expect(performance.now() - started).toBeLessThan(timeout / 10)
})

test('a node that resets itself ends the waits on every other', async () => {
  await using cluster = await forkCluster(await pairGolden())
  const wait = cluster.node('one').waitUntil({ timeout: `${timeout}ms` })`false`
  void cluster
    .node('two')
    .execute('echo b >/proc/sysrq-trigger')
    .catch(() => undefined)
  await expect(wait).rejects.toMatchObject({
    code: 'NODE_CRASHED',
    message: expect.stringMatching(
      /node two must run, but was reset from inside[\s\S]*next: .*powerOn/,
    ) as string,
  })
})

test('QEMU that is killed ends every wait', async () => {
  await using cluster = await forkCluster(await pairGolden())
  const wait = cluster.node('one').waitUntil({ timeout: `${timeout}ms` })`false`
  const machines = await machinesBelow(cluster.sandbox.folder)
  const two = machines.find(({ command }) => command.includes(' -name two '))
  if (!two) throw new Error('no QEMU of node two')
  process.kill(two.pid, 'SIGKILL')
  await expect(wait).rejects.toMatchObject({
    code: 'QEMU_DIED',
    message: expect.stringMatching(/node two[\s\S]*signal SIGKILL/) as string,
  })
})

test('a power cut that was asked for is no crash', async () => {
  await using cluster = await forkCluster(await pairGolden())
  await cluster.node('two').powerOff()
  expect((await cluster.node('one').execute('ping -c 1 -W 1 two')).exitCode).not.toBe(0)
  expect(cluster.signal.aborted).toBe(false)
})
