import { mkdirSync, readdirSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { cacheFolder } from '../paths.js'
import { ensureGolden } from '../snapshot/index.js'
import { ownHost } from '../testing/own-host.js'
import { atOnce, pair, pocketHost } from '../testing/pocket.js'
import { failureOf } from '../testing/script.js'
import { defineTopology } from './topology.js'

const { folder } = ownHost()

/** A namespace in which mounts and limits can be changed without touching this machine. */
const ownMounts = (change: string): string[] => [
  ...['unshare', '--user', '--map-root-user', '--mount'],
  ...['sh', '-c', `${change} && exec "$0" "$@"`],
]
const boot = 'await fails(bootCluster(pair, await pocketHost()))'

describe('/dev/net/tun', () => {
  test('that is missing', async () => {
    const failure = await failureOf(boot, { within: ownMounts('mount -t tmpfs none /dev/net') })
    expect(failure.code).toBe('HOST_NO_TUN')
    expect(failure.message).toMatch(/ENOENT[\s\S]*next: {2}sudo modprobe tun/)
  })

  test('that opens, but is no tun device', async () => {
    const failure = await failureOf(boot, { within: ownMounts('mount --bind /dev/null /dev/net/tun') })
    expect(failure.code).toBe('HOST_NO_TUN')
    expect(failure.message).toMatch(/TUNSETIFF[\s\S]*next: {2}sudo modprobe tun/)
  })
})

test('forbidden user namespaces', async () => {
  // The limit of a user namespace counts for those below it (namespaces(7)).
  const failure = await failureOf(boot, { within: ownMounts('echo 0 >/proc/sys/user/max_user_namespaces') })
  expect(failure.code).toBe('HOST_NO_USER_NAMESPACES')
  expect(failure.message).toMatch(/unshare failed[\s\S]*next: {2}sudo sysctl/)
})

test('too little memory is found before anything starts', async () => {
  const nodes = { one: { image: 'pocket', role: 'pocket', address: '192.168.7.2', memoryMiB: 1_000_000 } }
  const giant = defineTopology({ name: 'giant', contract: pair.contract, nodes })
  const work = ensureGolden(giant, { ...(await pocketHost()), readiness: atOnce })
  await expect(work).rejects.toMatchObject({
    code: 'HOST_MEMORY',
    message: expect.stringMatching(
      /1000000 MiB of memory must be free to boot giant[\s\S]*MiB available/,
    ) as string,
  })
})

test('too little disk is found before anything starts', async () => {
  const cache = '"$STACKRIG_CACHE"'
  const small = `mount -t tmpfs -o size=64m none ${cache} && ln -s "$IMAGES" ${cache}/images`
  const emptyCache = join(folder, 'small')
  mkdirSync(emptyCache)
  await pocketHost()
  const failure = await failureOf('await fails(pairGolden())', {
    within: ownMounts(small),
    env: { STACKRIG_CACHE: emptyCache, IMAGES: `${cacheFolder()}/images`, STACKRIG_ACCELERATOR: 'tcg' },
  })
  expect(failure.code).toBe('HOST_DISK')
  expect(failure.message).toMatch(
    /256 MiB of disk must be free to keep pair[\s\S]*MiB available[\s\S]*STACKRIG_CACHE/,
  )
  expect(readdirSync(emptyCache)).toEqual([])
})

test('a disk that is full while a node writes ends the cluster, with the disk', async () => {
  await pocketHost()
  const rootfs = join(folder, 'rootfs')
  const disks = join(folder, 'disks')
  writeFileSync(rootfs, '')
  truncateSync(rootfs, 64 * 1024 * 1024)
  mkdirSync(disks)
  const write = `
    const host = await pocketHost()
    const image = { ...host.images.get('pocket'), rootfs: '${rootfs}', rootfsFormat: 'raw' }
    const options = { ...host, images: new Map([['pocket', image]]), diskFolder: '${disks}' }
    const cluster = await bootCluster(pair, options)
    await fails(cluster.node('one').run\`dd if=/dev/urandom of=/dev/vda bs=1M count=16 conv=fsync\`)
    await cluster.close()`
  const failure = await failureOf(write, { within: ownMounts(`mount -t tmpfs -o size=8m none ${disks}`) })
  expect(failure.code).toBe('HOST_DISK')
  expect(failure.message).toContain(join(disks, 'one.disk.qcow2'))
  expect(failure.message).toMatch(/node one[\s\S]*no space left[\s\S]*next: {2}free some, or set TMPDIR/)
})
