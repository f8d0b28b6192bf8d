/** False alarms: in a cloud that is well, also after a scenario has changed much of it, nothing is found. */
import { diagnose, expect, provision, scenario } from '../../harness/index.js'
import { instanceRuns } from '../../fixtures/stages/instance-runs.js'
import { boot, upload, volume } from './planted.js'

const test = scenario(instanceRuns)

test('a stage that is well has no finding', { tags: 'slow' }, async ({ cluster }) => {
  expect(await diagnose(cluster)).toEqual([])
})

test(
  'a scenario that changed much, and fails of its own arithmetic, blames nothing of the cloud',
  {
    tags: 'slow',
    timeout: 900_000,
  },
  async ({ cloud, cluster, compute, controller, guestDisk, nodes, step }) => {
    const user = { cloud, guestDisk, nodes }
    await step('work', async () => {
      await upload(user)
      await volume(user)
      await boot(user)
    })
    await step('operate', async () => {
      await controller.run`systemctl restart nova-scheduler`
      await compute.run`sh -c ${'dd if=/dev/zero of=/var/tmp/large bs=1M count=50; touch /etc/nova/nova.conf'}`
      await provision(cluster)
    })
    expect(await diagnose(cluster, { failure: { message: 'expected 2 to be 3' } })).toEqual([])
  },
)
