/** @module-tag core */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { expect, scenario } from '../harness/index.js'
import { core } from '../fixtures/core-topology.js'

const test = scenario(core)
const digest = (algorithm: string, data: Buffer): string => createHash(algorithm).update(data).digest('hex')

test('an uploaded image is the same for whoever fetches it', async ({ cloud, compute, guestDisk, step }) => {
  const disk = await readFile(guestDisk)
  const image = await step('upload', async () => {
    const image = await cloud.glance.upload({ name: 'guest', file: guestDisk })
    await expect(image).toBecome('active')
    const active = await cloud.glance.get(image.id)
    expect(active).toMatchObject({ size: disk.length, checksum: digest('md5', disk) })
    expect(active.hash?.value).toBe(digest('sha512', disk))
    return image
  })

  await step('download', async () => {
    const { data } = await cloud.glance.download(image.id)
    expect(data.equals(disk)).toBe(true)
  })

  await step('fetch it on the compute node', async () => {
    // As nova-compute does it: with a token, from the address in the catalogue.
    const { id: token } = await cloud.keystone.issueToken()
    const glance = (await cloud.catalog()).find(({ type }) => type === 'image')
    const { url } = glance?.endpoints.find((endpoint) => endpoint.interface === 'public') ?? {}
    await compute.run`curl -fsS -m 100 -o /tmp/guest -H ${`X-Auth-Token: ${token}`} ${`${url}/v2/images/${image.id}/file`}`
    expect(await compute.run`sha256sum /tmp/guest`).toContain(digest('sha256', disk))
  })
})

test('an upload that stops half-way does not become active', async ({ cloud, guestDisk, step }) => {
  const disk = await readFile(guestDisk)
  const image = await step('stop half-way', async () => {
    const image = await cloud.glance.createImage({ name: 'half' })
    const half = Readable.from([disk.subarray(0, disk.length / 2)])
    await expect(cloud.glance.uploadData(image.id, half, { contentLength: disk.length })).rejects.toThrow()
    return image
  })
  await step('Glance notices', async () => {
    // Glance notices some time later that nobody sends any more.
    await expect(image).toBecome('queued')
    await expect(cloud.glance.download(image.id)).rejects.toMatchObject({ code: 'API_FAILED' })
  })
})
