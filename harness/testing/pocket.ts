import { truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { busybox, defineContract } from '../contract/index.js'
import { buildImages } from '../images/index.js'
import { defineTopology, type MachineOptions } from '../cluster/index.js'
import { probeAcceleration } from '../qemu/index.js'
import { settings } from '../settings.js'
import { ensureGolden, type Readiness, type Snapshot } from '../snapshot/index.js'

/** What the pocket image promises. */
export const pocketContract = defineContract({
  name: 'pocket',
  operatingSystem: busybox,
  release: { roles: { pocket: { services: [], edits: [], restart: [] } } },
})

/** Two nodes of the pocket image: the cluster that the harness tries itself on. */
export const pair = defineTopology({
  name: 'pair',
  contract: pocketContract,
  nodes: {
    one: { image: 'pocket', role: 'pocket', address: '192.168.7.2' },
    two: { image: 'pocket', role: 'pocket', address: '192.168.7.4' },
  },
})

/** A node of the pocket image is ready as soon as its shell answers. */
export const atOnce: Readiness = { name: 'at once', prove: () => Promise.resolve() }

/** What booting pocket nodes needs; builds the image when it is not there. */
export async function pocketHost(): Promise<MachineOptions> {
  const images = new Map((await buildImages(['pocket'])).map((image) => [image.name, image]))
  const pocket = images.get('pocket')
  if (!pocket) throw new TypeError('buildImages gave no pocket image')
  const { accelerator } = await probeAcceleration(pocket)
  return { accelerator, images, launcher: settings().launcher }
}

/** The golden snapshot of the pair, each node with an empty disk of 64 MiB: the pocket image has none. @param folder for the disk */
export async function pairWithDisks(folder: string): Promise<Snapshot<'one' | 'two'>> {
  const host = await pocketHost()
  const pocket = host.images.get('pocket')
  if (!pocket) throw new TypeError('no image')
  const rootfs = join(folder, 'rootfs')
  writeFileSync(rootfs, '')
  truncateSync(rootfs, 64 * 1024 ** 2)
  const images = new Map([['pocket', { ...pocket, rootfs, rootfsFormat: 'raw' as const }]])
  return ensureGolden(pair, { ...host, images, readiness: atOnce })
}

/** The golden snapshot of the pair, booted when it is not there. */
export async function pairGolden(): Promise<Snapshot<'one' | 'two'>> {
  return ensureGolden(pair, { ...(await pocketHost()), readiness: atOnce })
}
