/**
 * Defect: on a small node RabbitMQ believes to be short of memory or disk, and takes no message any more, without a word to
 * those who send. meta-openstack, 793fbb77 (2013-10-02), "openstack: compute node image free space and deployment": "If
 * those checks fail, the service exits in a hard to debug manner".
 */
import { diagnose, expect, scenario } from '../../harness/index.js'
import { threeNode } from '../../fixtures/topologies/three-node.js'

const test = scenario(threeNode)

const alarm = /RabbitMQ takes no messages[\s\S]*memory resource limit alarm set/

test(
  'a broker with too little memory is named by the diagnosis, until it has enough',
  { tags: 'slow' },
  async ({ cluster, controller }) => {
    const setLimit = (limit: string): Promise<string> =>
      controller.run({
        timeout: '5min',
      })`rabbitmqctl eval ${`vm_memory_monitor:set_vm_memory_high_watermark(${limit}).`}`
    expect((await diagnose(cluster)).join('\n')).not.toMatch(alarm)
    await setLimit('{absolute, "1MB"}')
    await expect.poll(async () => (await diagnose(cluster)).join('\n'), { timeout: 60_000 }).toMatch(alarm)
    await setLimit('0.6')
    await expect
      .poll(async () => (await diagnose(cluster)).join('\n'), { timeout: 60_000 })
      .not.toMatch(alarm)
  },
)
