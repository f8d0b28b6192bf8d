import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { cloudAccess, expect, Horizon, scenario } from '../harness/index.js'
import { instanceRuns, runningInstance } from '../fixtures/stages/instance-runs.js'
import { threeNode } from '../fixtures/topologies/three-node.js'

const test = scenario(threeNode)
const testWithInstance = scenario(instanceRuns)
const { horizonUrl, credentials: administrator } = cloudAccess(threeNode)
const viewport = { width: 1280, height: 900 }
const menuOf = (page: Page): Promise<string> => page.locator('#sidebar-accordion').innerText()

test(
  'a person uploads an image, launches an instance of it, and attaches a volume to it',
  { tags: 'slow' },
  async ({ browser, cloud, compute, controller, evidence, guestDisk, step }) => {
    await cloud.neutron.createNetwork({ name: 'tenant', cidr: '10.20.0.0/24' })
    const page = await browser.newPage({ viewport })
    const picture = (name: string): Promise<unknown> =>
      page.screenshot({ path: join(evidence, `${name}.png`) })
    const horizon = await Horizon.open(page, horizonUrl, { timeout: '5min' })
    await step('log in', async () => {
      await horizon.logIn(administrator)
      expect(await menuOf(page)).toMatch(/^\s*Admin\s*$/m)
    })

    await step('upload an image', async () => {
      await horizon.uploadImage({ name: 'by-hand', file: guestDisk })
      await picture('image')
      const [image] = await cloud.glance.list({ name: 'by-hand' })
      if (!image) throw new Error('Glance does not have the image')
      await expect(image).toBecome('active')
    })

    await step('launch an instance', async () => {
      await horizon.launchInstance({ name: 'shop', image: 'by-hand', flavor: 'm1.nano', network: 'tenant' })
      await picture('launched')
      const [server] = await cloud.nova.list({ name: 'shop' })
      if (!server) throw new Error('Nova does not have the instance')
      await expect(server).toBecome('ACTIVE', { timeout: '15min' })
    })

    await step('attach a volume', async () => {
      await horizon.createVolume({ name: 'goods', size: 1 })
      const [volume] = (await cloud.cinder.volumes()).filter(({ name }) => name === 'goods')
      if (!volume) throw new Error('Cinder does not have the volume')
      await expect(volume).toBecome('available', { timeout: '10min' })
      await horizon.attachVolume('goods', 'shop')
      await expect(volume).toBecome('in-use', { timeout: '10min' })
      expect(await horizon.volumes()).toEqual([{ name: 'goods', status: 'In-use' }])
      await picture('volume')
      expect(await compute.run`iscsiadm -m session`).toContain(controller.plan.address)
    })
  },
)

testWithInstance(
  'another user sees the instances of its own project only, and no administration',
  { tags: 'slow' },
  async ({ browser, cloud, evidence, step }) => {
    const { keystone } = cloud
    const { server } = await runningInstance(cloud)
    await step('make a user', async () => {
      const project = await keystone.createProject({ name: 'other' })
      const user = await keystone.createUser({ name: 'other', password: 'secret' })
      await keystone.assignRole('member', { user, project })
    })

    await step('look as that user', async () => {
      const page = await browser.newPage({ viewport })
      const horizon = await Horizon.open(page, horizonUrl, { timeout: '5min' })
      expect(await horizon.logIn({ username: 'other', password: 'secret' })).toBe(true)
      expect(await horizon.userName()).toBe('other')
      expect(await horizon.instances()).toEqual([])
      await page.screenshot({ path: join(evidence, 'instances.png') })
      expect(await menuOf(page)).not.toMatch(/^\s*Admin\s*$/m)
    })
    await step('ask the API as that user', async () => {
      // The API says the same.
      const other = cloud.as({ username: 'other', password: 'secret', project: 'other' })
      expect(await other.nova.list()).toEqual([])
      await expect(other.nova.get(server.id)).rejects.toMatchObject({ code: 'API_FAILED', status: 404 })
    })
  },
)
