import { cloudReady, expect, provision, scenario, type Cloud } from '../harness/index.js'
import { threeNode } from '../fixtures/topologies/three-node.js'
import { secondCompute, twoCompute } from '../fixtures/topologies/two-compute.js'

const test = scenario(threeNode)

const hypervisors = async ({ nova }: Cloud): Promise<string[]> => {
  const services = await nova.services()
  return services.filter(({ binary }) => binary === 'nova-compute').map(({ host }) => host)
}

test(
  'a second compute node is nobody as it is shipped, and one of two once it is enrolled',
  { tags: 'slow' },
  async ({ cloud, cluster, guestDisk, nodes, step }) => {
    const second = await step('join it as it was shipped', async () => {
      const second = await cluster.addNode('compute-2', secondCompute)
      expect(cluster.topology.nodes).toEqual(twoCompute.nodes)
      expect(await second.run`grep ^transport_url /etc/nova/nova.conf`).toContain('@localhost')
      expect(await second.run`bash -ic ${'echo $OS_AUTH_URL'} 2>/dev/null`).toContain('//localhost')
      expect(await hypervisors(cloud)).toEqual(['compute'])
      return second
    })

    await step('point it at nobody', async () => {
      // Pointed at an address where no controller is, it is reported, with that address.
      await second.run`echo compute-2 >/etc/hostname`
      await second.run`hostname compute-2`
      await second.run`sed -i ${'/^transport_url/s/localhost/192.168.7.99/;s/^host *=.*/host = compute-2/'} /etc/nova/nova.conf`
      await second.run({ timeout: '5min' })`systemctl restart --no-block nova-compute`
      await expect(cloudReady(cluster, { timeout: '2min' })).rejects.toThrow(
        /not there: nova-compute on compute-2[\s\S]*last words of nova-compute on compute-2:[\s\S]*192\.168\.7\.99/,
      )
    })

    await step('enrol it', async () => {
      const changed = await provision(cluster)
      // Every node learns of the new one; only that one is edited.
      const nodesWith = (changes: typeof changed): string[] =>
        [...new Set(changes.map(({ node }) => node))].sort()
      expect(nodesWith(changed.filter(({ file }) => file === '/etc/hosts'))).toEqual(
        cluster.nodes.map(({ name }) => name).sort(),
      )
      const edited = changed.filter(({ file }) => file !== '/etc/hosts')
      expect(nodesWith(edited)).toEqual(['compute-2'])
      expect(edited.map(({ file }) => file)).toEqual(
        expect.arrayContaining(['/etc/nova/nova.conf', '/etc/neutron/neutron.conf', '/root/.bashrc']),
      )
      await cloudReady(cluster)
      expect((await hypervisors(cloud)).sort()).toEqual(['compute', 'compute-2'])
      expect(await provision(cluster)).toEqual([])
    })

    // Each takes the instance that is meant for it, and they reach each other over the tenant network.
    const network = await cloud.neutron.createNetwork({ name: 'tenant', cidr: '10.18.0.0/24' })
    const image = await cloud.glance.upload({ name: 'guest', file: guestDisk })
    const boot = (host: string, userData?: string): ReturnType<Cloud['nova']['boot']> =>
      cloud.nova.boot({
        name: `on-${host}`,
        image,
        flavor: 'm1.nano',
        network,
        availabilityZone: `nova:${host}`,
        ...(userData && { userData }),
      })
    const { first, address } = await step('an instance on the first', async () => {
      const first = await boot('compute')
      await expect(first).toBecome('ACTIVE', { timeout: '15min' })
      const [port] = await cloud.neutron.ports({ device_id: first.id })
      const address = port?.addresses[0] ?? ''
      await cloud.nova.consoleWith(first.id, 'stackrig-instance: ready')
      return { first, address }
    })
    const other = await step('an instance on the second', async () => {
      const other = await boot(
        'compute-2',
        `#!/bin/sh\nping -c 1 -W 10 ${address} >/dev/null && echo "reached ${address}"`,
      )
      await expect(other).toBecome('ACTIVE', { timeout: '15min' })
      expect((await cloud.nova.get(first.id)).host).toBe('compute')
      expect((await cloud.nova.get(other.id)).host).toBe('compute-2')
      const said = await cloud.nova.consoleWith(other.id, 'stackrig-instance: ready', { timeout: '15min' })
      expect(said).toContain(`reached ${address}`)
      expect(await second.run`virsh list --name`).toContain((await cloud.nova.get(other.id)).instanceName)
      return other
    })
    await step('look at the leases', async () => {
      // The lease of both is the network node's.
      const leases = await nodes.network.run`cat /var/lib/neutron/dhcp/${network.id}/leases`
      expect(leases).toContain(address)
      const [otherPort] = await cloud.neutron.ports({ device_id: other.id })
      expect(leases).toContain(otherPort?.addresses[0])
    })
  },
)

test('a node that cannot be told apart is refused before it boots', async ({ cluster, compute }) => {
  const join = (other: object): Promise<unknown> =>
    cluster.addNode('compute-2', { ...secondCompute, ...other })
  const refused = { code: 'TOPOLOGY_INVALID' }
  await expect(join({ hostName: compute.plan.hostName })).rejects.toMatchObject(refused)
  await expect(join({ address: compute.plan.address })).rejects.toMatchObject(refused)
  await expect(join({ hostName: 'no_name' })).rejects.toMatchObject(refused)
  expect(cluster.nodes).toHaveLength(3)
})
