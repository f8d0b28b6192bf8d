import { createHash, randomBytes } from 'node:crypto'
import { expect, scenario } from '../harness/index.js'
import { threeNode } from '../fixtures/topologies/three-node.js'

const test = scenario(threeNode)
const md5 = (data: Buffer): string => createHash('md5').update(data).digest('hex')

test('an object is the same for every node, whole and in parts, until it is deleted', async ({
  cloud,
  compute,
}) => {
  const { swift } = cloud
  const data = randomBytes(300_000)
  await swift.createContainer('shelf')
  expect(await swift.put('shelf', 'a book/page 1', data)).toBe(md5(data))
  const whole = await swift.get('shelf', 'a book/page 1')
  expect(whole.data.equals(data)).toBe(true)
  expect(whole.etag).toBe(md5(data))
  const part = await swift.get('shelf', 'a book/page 1', { range: { from: 1000, to: 1999 } })
  expect(part.range).toBe('bytes 1000-1999/300000')
  expect(part.data.equals(data.subarray(1000, 2000))).toBe(true)
  expect(await swift.objects('shelf')).toEqual([{ name: 'a book/page 1', bytes: 300_000, md5: md5(data) }])

  // From another node, with a token of the same user.
  const { id: token } = await cloud.keystone.issueToken()
  const url = `${await swift.url()}/shelf/a%20book/page%201`
  const fetch = `curl -fsS -m 100 -H 'X-Auth-Token: ${token}' ${url} | md5sum`
  expect(await compute.run`sh -c ${fetch}`).toContain(md5(data))
  // Without one it gets nothing.
  expect(await compute.run`curl -s -m 100 -o /dev/null -w ${'%{http_code}'} ${url}`).toBe('401')

  await expect(swift.deleteContainer('shelf')).rejects.toMatchObject({ code: 'API_FAILED', status: 409 })
  await swift.delete('shelf', 'a book/page 1')
  await expect(swift.get('shelf', 'a book/page 1')).rejects.toMatchObject({ code: 'API_FAILED', status: 404 })
  await swift.deleteContainer('shelf')
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
}) => {
  const segments = [randomBytes(200_000), randomBytes(200_000), randomBytes(1000)]
  await swift.createContainer('shelf')
  await swift.createContainer('segments')
  for (const [n, data] of segments.entries()) await swift.put('segments', `film/${n}`, data)
  await swift.putManifest('shelf', 'film', 'segments/film/')
  const film = Buffer.concat(segments)
  expect((await swift.get('shelf', 'film')).data.equals(film)).toBe(true)

  await controller.runWithin('5min')`systemctl restart swift-proxy`
  await controller.waitForPort(8888, '5min')
  const after = await swift.get('shelf', 'film', { range: { from: 199_990, to: 200_009 } })
  expect(after.data.equals(film.subarray(199_990, 200_010))).toBe(true)
})
