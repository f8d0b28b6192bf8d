import { createHash } from 'node:crypto'
import { expect, scenario } from '../harness/index.js'
import { threeNode } from '../fixtures/topologies/three-node.js'

const test = scenario(threeNode)

// Runs in the instance: marks a volume that is new to it, and says what it finds on one that comes back.
const watchVolume = `#!/bin/sh
while :; do
    until [ -b /dev/vdb ]; do sleep 1; done
    if [ "$(head -c 4 /dev/vdb)" = kept ]; then
        echo "volume: as it was left"
    else
        printf kept >/dev/vdb
        sync
        echo "volume: marked"
    fi
    while [ -b /dev/vdb ]; do sleep 1; done
    echo "volume: gone"
done &`

test(
  'a volume keeps its data from one attachment to the next, over iSCSI',
  { tags: 'slow' },
  async ({ cloud, compute, controller, guestDisk, step }) => {
    const { cinder, nova } = cloud
    const free = (): Promise<string> => controller.run`vgs --noheadings --units m -o vg_free cinder-volumes`
    const freeBefore = await free()
    const { server, volume } = await step('an instance and a volume', async () => {
      const net = await cloud.neutron.createNetwork({ name: 'tenant', cidr: '10.14.0.0/24' })
      const image = await cloud.glance.upload({ name: 'guest', file: guestDisk })
      const server = await nova.boot({
        name: 'store',
        image,
        flavor: 'm1.nano',
        network: net,
        userData: watchVolume,
      })
      const volume = await cinder.createVolume({ name: 'data', size: 1 })
      await expect(volume).toBecome('available')
      expect(await controller.run`lvs --noheadings -o lv_name cinder-volumes`).toContain(volume.id)
      await expect(server).toBecome('ACTIVE', { timeout: '10min' })
      await nova.consoleWith(server.id, 'stackrig-instance: ready')
      return { server, volume }
    })

    await step('attach it', async () => {
      await nova.attachVolume(server.id, volume.id)
      await expect(volume).toBecome('in-use')
      await nova.consoleWith(server.id, 'volume: marked')
      // Both ends say that it is iSCSI from one node to the other.
      expect(await compute.run`iscsiadm -m session`).toContain(controller.plan.address)
      const targets = await controller.run`tgtadm --lld iscsi --mode target --op show`
      expect(targets).toContain(volume.id)
      expect(targets).toContain(compute.plan.address)
    })

    await step('detach it', async () => {
      await nova.detachVolume(server.id, volume.id)
      await expect(volume).toBecome('available')
      await nova.consoleWith(server.id, 'volume: gone')
      expect((await compute.execute('iscsiadm -m session')).stdout.toString()).toBe('')
    })
    await step('attach it again', async () => {
      await nova.attachVolume(server.id, volume.id)
      await nova.consoleWith(server.id, 'volume: as it was left')
      await expect(cinder.deleteVolume(volume.id)).rejects.toMatchObject({ code: 'API_FAILED', status: 400 })
    })

    await step('delete it', async () => {
      await nova.detachVolume(server.id, volume.id)
      await expect(volume).toBecome('available')
      await cinder.deleteVolume(volume.id)
      await expect(volume).toBeGone()
      expect(await controller.run`lvs --noheadings -o lv_name cinder-volumes`).not.toContain(volume.id)
      expect(await free()).toBe(freeBefore)
    })
  },
)

test('a volume larger than the group ends in error', async ({ cloud: { cinder }, controller }) => {
  const volume = await cinder.createVolume({ name: 'huge', size: 500 })
  await expect(volume).toBecome('error')
  expect(await controller.run`lvs --noheadings -o lv_name cinder-volumes`).not.toContain(volume.id)
})

test(
  'what a volume was made from does not keep the next one from being made in its place',
  { tags: 'slow' },
  async ({ cloud: { cinder, glance }, controller, guestDisk, step }) => {
    const image = await glance.upload({ name: 'guest', file: guestDisk })
    const first = await step('a volume is made from an image', async () => {
      const volume = await cinder.createVolume({ name: 'copy', size: 1, image })
      await expect(volume).toBecome('available', { timeout: '10min' })
      return volume
    })
    await step('it is deleted, and nothing of it can be read any more', async () => {
      await cinder.deleteVolume(first.id)
      await expect(first).toBeGone({ timeout: '10min' })
    })
    await step('the next one gets its place', async () => {
      const second = await cinder.createVolume({ name: 'next', size: 1 })
      await expect(second).toBecome('available')
      const device = `/dev/cinder-volumes/volume-${second.id}`
      const zeros = createHash('md5')
        .update(Buffer.alloc(1024 * 1024))
        .digest('hex')
      expect(await controller.run`head -c 1048576 ${device} | md5sum`).toContain(zeros)
    })
  },
)
