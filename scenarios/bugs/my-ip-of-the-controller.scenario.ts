/**
 * Defect: Nova on a compute node gives the controller's address for its own: its consoles and volumes are then looked for
 * on the wrong host. meta-openstack since c3302d13 (2013-05-17), "python-nova: added 2013.1", whose nova.conf has
 * `my_ip=%CONTROLLER_IP%` on every node.
 */
import { diagnose, expect, provision, scenario, waitFor, type Cloud } from '../../harness/index.js'
import { threeNode } from '../../fixtures/topologies/three-node.js'

const test = scenario(threeNode)

const hostAddress = (cloud: Cloud, wanted: string): Promise<unknown> =>
  waitFor({
    what: `the hypervisor to be at ${wanted}`,
    interval: '2s',
    probe: async () => {
      const [hypervisor] = await cloud.nova.hypervisors()
      const seen = hypervisor?.address ?? 'no hypervisor'
      return seen === wanted ? { done: true, value: seen } : { done: false, seen }
    },
  })

test(
  'a compute node at the wrong address is told by the diagnosis, and mended by provisioning',
  { tags: 'slow' },
  async ({ cloud, cluster, compute, controller }) => {
    const [own, other] = [compute.plan.address, controller.plan.address]
    await hostAddress(cloud, own)
    await compute.run`sed -i ${`s/^my_ip.*/my_ip = ${other}/`} /etc/nova/nova.conf`
    await compute.restartServices('nova-compute')
    await hostAddress(cloud, other)

    const [cause] = await diagnose(cluster)
    expect(cause?.what).toBe(
      `/etc/nova/nova.conf on compute has "[DEFAULT] my_ip = ${other}"; the golden snapshot has "[DEFAULT] my_ip = ${own}"`,
    )
    expect(await provision(cluster)).toMatchObject([{ node: 'compute', file: '/etc/nova/nova.conf' }])
    await hostAddress(cloud, own)
    expect(await diagnose(cluster)).toEqual([])
  },
)
