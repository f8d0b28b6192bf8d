/** @module-tag core */
import { join } from 'node:path'
import { cloudAccess, expect, Horizon, scenario } from '../harness/index.js'
import { instanceRuns } from '../fixtures/stages/instance-runs.js'

const test = scenario(instanceRuns)
const { horizonUrl, credentials: administrator } = cloudAccess(instanceRuns.topology)

test('a wrong password shows an error, and nothing else', async ({ browser, evidence, step }) => {
  const { page, horizon } = await step('open the page', async () => {
    const page = await browser.newPage()
    const horizon = await Horizon.open(page, horizonUrl)
    return { page, horizon }
  })
  await step('a wrong password', async () => {
    expect(await horizon.logIn({ ...administrator, password: 'wrong' })).toBe(false)
    await page.screenshot({ path: join(evidence, 'wrong-password.png') })
    expect(await horizon.loginError()).toMatch(/invalid credentials/i)
    expect(await horizon.userName()).toBeUndefined()
  })
})

test('the administrator logs in and sees the running instance', async ({
  browser,
  compute,
  evidence,
  step,
}) => {
  expect(await compute.run`virsh list --name --state-running`).toMatch(/^instance-/)
  const { page, horizon } = await step('open the page', async () => {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } })
    const horizon = await Horizon.open(page, horizonUrl)
    await page.screenshot({ path: join(evidence, 'login.png') })
    return { page, horizon }
  })
  await step('log in', async () => {
    expect(await horizon.logIn(administrator)).toBe(true)
    expect(await horizon.userName()).toBe(administrator.username)

    expect(await horizon.overview()).toHaveProperty('Instances')
    await page.screenshot({ path: join(evidence, 'overview.png') })
  })

  await step('look at the instances', async () => {
    const rows = await horizon.instances()
    await page.screenshot({ path: join(evidence, 'instances.png') })
    expect(rows).toEqual([
      expect.objectContaining({ name: 'shop', status: 'Active', image: 'guest', flavor: 'm1.nano' }),
    ])
  })
})
