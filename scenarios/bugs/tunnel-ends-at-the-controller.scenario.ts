/**
 * Defect: the Open vSwitch agent of a compute node has the controller's address as the end of its tunnels, until a person
 * edits `local_ip` by hand. meta-openstack since fba2860d (2014-04-09), "python-neutron: openvswitch plugin read config
 * files"; its README.networking_flat says "on compute nodes edit local_ip as well".
 */
import { diagnose, expect, scenario, waitFor } from '../../harness/index.js'
import { threeNode } from '../../fixtures/topologies/three-node.js'

const test = scenario(threeNode)

test(
  'an agent whose tunnels end elsewhere does not run, and the diagnosis names the key',
  { tags: 'slow' },
  async ({ cluster, compute, controller }) => {
    const file = '/etc/neutron/plugins/ml2/openvswitch_agent.ini'
    const [own, other] = [compute.plan.address, controller.plan.address]
    await compute.run`sed -i ${`s/^local_ip.*/local_ip = ${other}/`} ${file}`
    await compute.restartServices('neutron-openvswitch-agent')
    // It is started again and again: the diagnosis has to look while it does not run.
    const found = await waitFor({
      what: 'the agent to give up',
      interval: '1s',
      signal: cluster.signal,
      probe: async () => {
        const found = await diagnose(cluster)
        const findings = found.flatMap(({ what, proof }) => [what, ...proof]).join('\n')
        return /neutron-openvswitch-agent on compute is/.test(findings)
          ? { done: true, value: findings }
          : { done: false, seen: findings }
      },
    })
    expect(found).toContain(`Tunneling can't be enabled with invalid local_ip '${other}'`)
    expect(found).toContain(
      `${file} on compute has "[ovs] local_ip = ${other}"; the golden snapshot has "[ovs] local_ip = ${own}"`,
    )
  },
)
