// The peer is faked: a 2013 API cannot be installed. It answers the exchanges of glance-v1.http and refuses all else.
import { Readable } from 'node:stream'
import { expect, it } from 'vitest'
import { oldCloud } from './testing/old-cloud.js'

const data = Buffer.from('image data')
const uploaded = 'de2f2211-3ac7-4260-9142-41db0ecfb425'

it('creates an image with its data in one request', async () => {
  await using old = await oldCloud('glance-v1.http')
  const image = await old.cloud.glance.upload({ name: 'Fake Image', diskFormat: 'raw', file: data })
  expect(image).toMatchObject({
    id: uploaded,
    name: 'Fake Image',
    status: 'active',
    visibility: 'private',
    size: 3908,
    checksum: '7b1b10607acc1319506185e7227ca30d',
    hash: undefined,
    failure: undefined,
  })
})

it('reserves an image, and gives it data later', async () => {
  await using old = await oldCloud('glance-v1.http')
  const { glance } = old.cloud
  const properties = { hw_disk_bus: 'virtio' }
  const image = await glance.createImage({ name: 'reserved', visibility: 'public', minDisk: 1, properties })
  expect(image).toMatchObject({ status: 'queued', size: undefined, checksum: undefined, name: '' })
  const length = { contentLength: data.length }
  await glance.uploadData('1086fa65-8c63-4081-9a0a-ddf7e88e485b', Readable.from([data]), length)
  await expect(glance.uploadData(uploaded, Readable.from([data]), length)).rejects.toMatchObject({
    status: 409,
    said: '409 Conflict Cannot upload to an unqueued image',
  })
})

it('reads an image out of headers', async () => {
  await using old = await oldCloud('glance-v1.http')
  expect(await old.cloud.glance.get('03bc0a8b-659c-4de9-b6bd-13c6e86e6455')).toMatchObject({
    name: 'cirros-0.3.4-x86_64-uec-kernel',
    visibility: 'public',
    diskFormat: 'aki',
    size: 4979632,
    checksum: '8a40c862b5735975d82605c1dd395796',
  })
  await expect(old.cloud.glance.get(uploaded)).rejects.toMatchObject({ status: 404 })
})

it('lists, downloads and deletes', async () => {
  await using old = await oldCloud('glance-v1.http')
  const { glance } = old.cloud
  expect(await glance.list({ name: 'Silas Marner' })).toMatchObject([{ size: 25165824, status: 'active' }])
  expect(await glance.download(uploaded)).toMatchObject({ data, md5: expect.any(String) as string })
  await glance.delete(uploaded)
})

it.each(['shared', 'community'] as const)('has no %s images', async (visibility) => {
  await using old = await oldCloud('glance-v1.http')
  await expect(old.cloud.glance.upload({ name: 'x', visibility, file: data })).rejects.toMatchObject({
    code: 'USAGE',
    message: expect.stringContaining(`not ${visibility} ones`) as string,
  })
  expect(old.asked).toEqual([])
})
