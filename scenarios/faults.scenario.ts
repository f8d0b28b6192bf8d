import { agentAlive, expect, scenario, waitFor } from '../harness/index.js'
import { threeNode } from '../fixtures/topologies/three-node.js'

const test = scenario(threeNode, { invariants: true })

test(
  'the compute node is cut off from the controller: Nova misses it, refuses instances, and has it back without a hand',
  { tags: 'slow' },
  async ({ cloud, cluster, guestDisk, step }) => {
    const network = await cloud.neutron.createNetwork({ name: 'tenant', cidr: '10.31.0.0/24' })
    const image = await cloud.glance.upload({ name: 'guest', file: guestDisk })
    const cut = await step('cut', () => cluster.faults.cut('compute', 'controller'))
    await step('it is missed', () =>
      waitFor(agentAlive(cloud.nova, { host: 'compute' }, false), { timeout: '10min' }),
    )
    await step('an instance is refused', async () => {
      const server = await cloud.nova.boot({ name: 'lost', image, flavor: 'm1.nano', network })
      await expect(server).toBecome('ERROR')
      expect((await cloud.nova.get(server.id)).fault?.message).toContain('No valid host was found')
      await cloud.nova.delete(server.id)
      await expect(server).toBeGone()
    })
    await cut.heal()
    await step('it is back', () => waitFor(agentAlive(cloud.nova, { host: 'compute' }), { timeout: '10min' }))
  },
)
