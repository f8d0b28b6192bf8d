// The peer is faked: a 2013 API cannot be installed. It answers the exchanges of quantum.http and nova-v2.http and refuses all else.
import { expect, it } from 'vitest'
import { oldCloud } from './testing/old-cloud.js'

it('Quantum lists agents and networks as Neutron does', async () => {
  await using old = await oldCloud('quantum.http')
  const { neutron } = old.cloud
  expect(await neutron.agents()).toMatchObject([
    { binary: 'quantum-dhcp-agent', host: 'HostC', alive: false },
  ])
  expect(await neutron.networks()).toMatchObject([
    { name: 'private-network', external: true, type: 'local', mtu: undefined },
  ])
})

it('Quantum knows a project as tenant_id', async () => {
  await using old = await oldCloud('quantum.http')
  const project_id = 'e4f50856753b4dc6afee5fa6b9b6c550'
  expect(await old.cloud.neutron.securityGroups({ name: 'default', project_id })).toEqual([
    { id: '85cc3048-abc3-43cc-89b3-377341426ac5', name: 'default', project_id },
  ])
})

it('Nova v2 says less of a hypervisor, and is found with the tenant in its address', async () => {
  await using old = await oldCloud('nova-v2.http')
  expect(await old.cloud.nova.hypervisors()).toMatchObject([
    { hostname: 'fake-mini', memory: 8192, state: undefined, address: undefined },
  ])
  expect((await old.cloud.nova.services()).map(({ binary, state }) => `${binary} ${state}`)).toEqual([
    'nova-scheduler up',
    'nova-compute up',
  ])
})
