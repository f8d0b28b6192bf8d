/**
 * Defect: on a small node RabbitMQ believes to be short of memory or disk, and takes no message any more, without a word to
 * those who send. meta-openstack, 793fbb77 (2013-10-02), "openstack: compute node image free space and deployment": "If
 * those checks fail, the service exits in a hard to debug manner".
 */
import { diagnose, expect, scenario, type Cluster } from '../../harness/index.js'
import { threeNode } from '../../fixtures/topologies/three-node.js'

const test = scenario(threeNode)

/** All that is found, with its proofs. */
const found = async (cluster: Cluster): Promise<string> =>
  (await diagnose(cluster)).flatMap(({ what, proof }) => [what, ...proof]).join('\n')

const alarm = /RabbitMQ takes no messages[\s\S]*memory resource limit alarm set/

test(
  'a broker with too little memory is named by the diagnosis, until it has enough',
  { tags: 'slow' },
  async ({ cluster, controller }) => {
    const setLimit = (limit: string): Promise<string> =>
      controller.run({
        timeout: '5min',
      })`rabbitmqctl eval ${`vm_memory_monitor:set_vm_memory_high_watermark(${limit}).`}`
    expect(await found(cluster)).not.toMatch(alarm)
    await setLimit('{absolute, "1MB"}')
    await expect.poll(() => found(cluster), { timeout: 300_000 }).toMatch(alarm)
    await setLimit('0.6')
    await expect.poll(() => found(cluster), { timeout: 300_000 }).not.toMatch(alarm)
  },
)
