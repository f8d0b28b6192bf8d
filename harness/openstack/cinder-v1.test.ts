// The peer is faked: a 2013 API cannot be installed. It answers the exchanges of cinder-v1.http and refuses all else.
import { expect, it } from 'vitest'
import { deleted } from './resource.js'
import { oldCloud } from './testing/old-cloud.js'

it('calls a name display_name, and finds the tenant in the catalogue', async () => {
  await using old = await oldCloud('cinder-v1.http')
  const volume = await old.cloud.cinder.createVolume({ name: 'vol-001', size: 30 })
  expect(volume).toMatchObject({
    kind: 'volume',
    name: 'vol-001',
    size: 30,
    bootable: false,
    attachments: [{ serverId: 'd1c4788b-9435-42e2-9b81-29f3be1cd01f', device: '/' }],
  })
  expect(old.asked.at(-1)).toBe('POST http://192.168.7.2:8776/v1/73f0aa26640f4971864919d0eb0f0880/volumes')
})

it('lists volumes and services', async () => {
  await using old = await oldCloud('cinder-v1.http')
  const { cinder } = old.cloud
  expect((await cinder.volumes()).map(({ name }) => name)).toEqual(['vol-001', 'vol-002'])
  expect(await cinder.services()).toMatchObject([
    { binary: 'cinder-volume', host: 'controller', state: 'up' },
  ])
})

it('deletes a volume, which is gone some time later', async () => {
  await using old = await oldCloud('cinder-v1.http')
  const [volume] = await old.cloud.cinder.volumes()
  if (!volume) throw new Error('no volume')
  await old.cloud.cinder.deleteVolume(volume.id)
  await deleted(volume, { timeout: '2s' })
})
