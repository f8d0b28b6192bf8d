import { createHash, randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { cloudAccess, cloudReady, expect, scenario } from '../harness/index.js'
import { threeNode } from '../fixtures/topologies/three-node.js'

const test = scenario(threeNode)
const { identityUrl, ports, servicePassword } = cloudAccess(threeNode)
const md5 = (data: Buffer): string => createHash('md5').update(data).digest('hex')

test('an object is the same for every node, whole and in parts, until it is deleted', async ({
  cloud,
  compute,
  step,
}) => {
  const { swift } = cloud
  const data = randomBytes(300_000)
  await step('put and get', async () => {
    await swift.createContainer('shelf')
    expect(await swift.put('shelf', 'a book/page 1', data)).toBe(md5(data))
    const whole = await swift.get('shelf', 'a book/page 1')
    expect(whole.data.equals(data)).toBe(true)
    expect(whole.etag).toBe(md5(data))
    const part = await swift.get('shelf', 'a book/page 1', { range: { from: 1000, to: 1999 } })
    expect(part.range).toBe('bytes 1000-1999/300000')
    expect(part.data.equals(data.subarray(1000, 2000))).toBe(true)
    expect(await swift.objects('shelf')).toEqual([{ name: 'a book/page 1', bytes: 300_000, md5: md5(data) }])
  })

  await step('get it on another node', async () => {
    // From another node, with a token of the same user.
    const { id: token } = await cloud.keystone.issueToken()
    const url = `${await swift.url()}/shelf/a%20book/page%201`
    const fetch = `curl -fsS -m 100 -H 'X-Auth-Token: ${token}' ${url} | md5sum`
    expect(await compute.run`sh -c ${fetch}`).toContain(md5(data))
    // Without one it gets nothing.
    expect(await compute.run`curl -s -m 100 -o /dev/null -w ${'%{http_code}'} ${url}`).toBe('401')
  })

  await step('delete it', async () => {
    await expect(swift.deleteContainer('shelf')).rejects.toMatchObject({ code: 'API_FAILED', status: 409 })
    await swift.delete('shelf', 'a book/page 1')
    await expect(swift.get('shelf', 'a book/page 1')).rejects.toMatchObject({
      code: 'API_FAILED',
      status: 404,
    })
    await swift.deleteContainer('shelf')
  })
})

test('data that is not what was announced is refused', async ({ cloud: { swift } }) => {
  await swift.createContainer('shelf')
  const announced = { md5: md5(Buffer.from('right')) }
  await expect(swift.put('shelf', 'page', 'wrong', announced)).rejects.toMatchObject({ status: 422 })
  expect(await swift.objects('shelf')).toEqual([])
})

test('a large object is its segments, also after a restart of the proxy', async ({
  cloud: { swift },
  controller,
  step,
}) => {
  const segments = [randomBytes(200_000), randomBytes(200_000), randomBytes(1000)]
  const film = await step('put the segments', async () => {
    await swift.createContainer('shelf')
    await swift.createContainer('segments')
    for (const [n, data] of segments.entries()) await swift.put('segments', `film/${n}`, data)
    await swift.putManifest('shelf', 'film', 'segments/film/')
    const film = Buffer.concat(segments)
    expect((await swift.get('shelf', 'film')).data.equals(film)).toBe(true)
    return film
  })

  await step('restart the proxy', async () => {
    await controller.restartServices('swift-proxy')
    await controller.waitForPort(ports['object-store'] ?? 0, { timeout: '5min' })
    const after = await swift.get('shelf', 'film', { range: { from: 199_990, to: 200_009 } })
    expect(after.data.equals(film.subarray(199_990, 200_010))).toBe(true)
  })
})

test(
  'an object survives a reboot of its node',
  { tags: 'slow' },
  async ({ cloud: { swift }, cluster, controller, step }) => {
    const data = randomBytes(100_000)
    await step('put it', async () => {
      await swift.createContainer('shelf')
      await swift.put('shelf', 'page', data)
    })
    await step('reboot the node', async () => {
      await controller.shutDown()
      await expect(swift.get('shelf', 'page')).rejects.toThrow()
      await controller.powerOn()
      await cloudReady(cluster)
    })
    await step('get it', async () => {
      expect((await swift.get('shelf', 'page')).data.equals(data)).toBe(true)
    })
  },
)

const swiftStore = `[glance_store]
stores = swift
default_store = swift
swift_store_config_file = /etc/glance/glance-swift.conf
default_swift_reference = swift
swift_store_container = images
swift_store_create_container_on_put = true
`
const swiftReference = `[swift]
auth_version = 3
auth_address = ${identityUrl}
user = service:glance
key = ${servicePassword}
user_domain_id = default
project_domain_id = default
`

test('Glance keeps an image in Swift', { tags: 'slow' }, async ({ cloud, controller, guestDisk, step }) => {
  await step('let Glance use Swift', async () => {
    await controller.writeFile('/etc/glance/glance-swift.conf', swiftReference)
    const conf = (await controller.readFile('/etc/glance/glance-api.conf')).toString()
    await controller.writeFile(
      '/etc/glance/glance-api.conf',
      conf.replace(/\[glance_store\][^[]*/, swiftStore),
    )
    await controller.restartServices('glance-api')
    await controller.waitForPort(ports['image'] ?? 0, { timeout: '5min' })
  })
  const disk = await readFile(guestDisk)
  await step('an image comes and goes', async () => {
    const image = await cloud.glance.upload({ name: 'guest', file: guestDisk })
    await expect(image).toBecome('active')
    expect(await controller.run`ls /var/lib/glance/images`).toBe('')
    // In the account of Glance's own project, cut off from the file system.
    const inSwift = cloud.as({ username: 'glance', password: servicePassword, project: 'service' }).swift
    expect(await inSwift.objects('images')).toMatchObject([
      { name: image.id, bytes: disk.length, md5: md5(disk) },
    ])
    expect((await cloud.glance.download(image.id)).data.equals(disk)).toBe(true)
    await cloud.glance.delete(image.id)
    expect(await inSwift.objects('images')).toEqual([])
  })
  await step('without Swift', async () => {
    // Without Swift there is no image.
    await controller.stopServices('swift-proxy')
    await expect(cloud.glance.upload({ name: 'lost', file: guestDisk })).rejects.toMatchObject({
      code: 'API_FAILED',
    })
  })
})
