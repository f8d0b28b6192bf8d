/** @module-tag core */
import { expect, scenario } from '../harness/index.js'
import { core } from '../fixtures/core-topology.js'

const test = scenario(core)

test('an instance boots under KVM, and gets its address and metadata from the network node', async ({
  cloud,
  compute,
  nodes,
  guestDisk,
  step,
}) => {
  const network = await cloud.neutron.createNetwork({ name: 'tenant', cidr: '10.11.0.0/24' })
  // Otherwise only members of the group reach each other.
  const group = await cloud.neutron.defaultGroup()
  await cloud.neutron.allow(group, { protocol: 'icmp' })
  const { server, address } = await step('boot', async () => {
    const image = await cloud.glance.upload({ name: 'guest', file: guestDisk })
    const booting = await cloud.nova.boot({ name: 'web', image, flavor: 'm1.nano', network })
    await expect(booting).toBecome('ACTIVE', { timeout: '10min' })
    const server = await cloud.nova.get(booting.id)
    expect(server.host).toBe(compute.plan.hostName)
    const address = server.addresses[0]?.address ?? ''
    return { server, address }
  })

  await step('ask the hypervisor and the guest', async () => {
    // The hypervisor, and the guest itself, say that it is KVM.
    expect(await compute.run`virsh dumpxml ${server.instanceName}`).toContain("<domain type='kvm'")
    const said = await cloud.nova.consoleWith(server.id, 'stackrig-instance: ready')
    expect(said).toContain('stackrig-instance: Hypervisor detected: KVM')
    expect(said).toContain(`stackrig-instance: address ${address}`)
    expect(said).toMatch(/stackrig-instance: metadata .*instance-id i-[0-9a-f]+/)
  })

  await step('reach it from the network node', async () => {
    // The lease is the network node's, and from there the guest can be reached.
    expect(await nodes.network.run`cat /var/lib/neutron/dhcp/${network.id}/leases`).toContain(address)
    expect(
      await nodes.network.run`ip netns exec ${`qdhcp-${network.id}`} ping -c 2 -W 10 ${address}`,
    ).toContain(' 0% packet loss')
  })

  await step('delete it', async () => {
    await cloud.nova.delete(server.id)
    await expect(server).toBeGone({ timeout: '5min' })
    expect(await compute.run`virsh list --all --name`).not.toContain(server.instanceName)
  })
})

test('more memory than there is: ERROR, with a fault that says so', async ({ cloud, guestDisk, step }) => {
  const server = await step('ask for too much', async () => {
    const image = await cloud.glance.upload({ name: 'guest', file: guestDisk })
    // Within the project's quota, and beyond any compute node.
    const flavor = await cloud.nova.createFlavor({ name: 'giant', memory: 40_000 })
    const server = await cloud.nova.boot({ name: 'giant', image, flavor })
    return server
  })
  await step('it ends in ERROR', async () => {
    await expect(server).toBecome('ERROR')
    expect((await cloud.nova.get(server.id)).fault?.message).toContain('No valid host was found')
  })
})

test(
  'an instance has its metadata on a config drive',
  { tags: 'slow' },
  async ({ cloud, compute, guestDisk, step }) => {
    const image = await cloud.glance.upload({ name: 'guest', file: guestDisk })
    const server = await step('boot', async () => {
      const booting = await cloud.nova.boot({ name: 'driven', image, flavor: 'm1.nano', configDrive: true })
      await expect(booting).toBecome('ACTIVE', { timeout: '10min' })
      return cloud.nova.get(booting.id)
    })
    await step('read the drive', async () => {
      const drive = `/var/lib/nova/instances/${server.id}/disk.config`
      expect(await compute.run`virsh dumpxml ${server.instanceName}`).toContain(drive)
      const metadata = await compute.run`isoinfo -i ${drive} -R -x /openstack/latest/meta_data.json`
      expect(JSON.parse(metadata)).toMatchObject({ uuid: server.id, name: 'driven' })
    })
  },
)
