/**
 * Defect: two nodes with one host name, as images of one recipe have it until a person renames them: the cloud takes their
 * agents for one. meta-openstack since e575ce2c, "openstack: create simple deployment framework"; its README asks for
 * unique host names.
 */
import { agentAlive, diagnose, expect, scenario, waitFor } from '../../harness/index.js'
import { threeNode } from '../../fixtures/topologies/three-node.js'

const test = scenario(threeNode)

test(
  'an agent under its neighbour’s name is listed there, and the diagnosis names both',
  { tags: 'slow' },
  async ({ cloud, cluster, network }) => {
    // As the layer ships it, an agent goes by the name of its kernel.
    await network.run`sed -i ${'/^host *=/d'} /etc/neutron/neutron.conf`
    await network.run`hostname compute`
    await network.restartServices('neutron-metadata-agent')
    await waitFor(agentAlive(cloud.neutron, { binary: 'neutron-metadata-agent', host: 'compute' }))
    const found = (await diagnose(cluster)).map(({ what }) => what)
    expect(found).toContain('network calls itself "compute"; the topology calls it "network"')
    expect(found).toContain(
      '/etc/neutron/neutron.conf on network has nothing; the golden snapshot has "[DEFAULT] host = network"',
    )
  },
)
