import { expect, test } from 'vitest'
import { aLook } from '../testing/looks.js'
import { agentAlive } from './agent-alive.js'

const agent = (binary: string, host: string, alive: boolean) => ({ binary, host, alive })
const neutron = {
  agents: () =>
    Promise.resolve([
      agent('neutron-l3-agent', 'network', true),
      agent('neutron-dhcp-agent', 'network', false),
      agent('neutron-openvswitch-agent', 'compute', true),
    ]),
}
const nova = {
  services: () => Promise.resolve([{ binary: 'nova-compute', host: 'compute', state: 'down' }]),
}

test('all agents that are meant have to be alive', async () => {
  const one = agentAlive(neutron, { binary: 'neutron-l3-agent' })
  expect(one.what).toBe('neutron-l3-agent to be alive')
  expect(await one.probe(aLook())).toEqual({ done: true, value: ['neutron-l3-agent on network'] })
  const both = agentAlive(neutron, { host: 'network' })
  expect(both.what).toBe('every agent on network to be alive')
  expect(await both.probe(aLook())).toEqual({
    done: false,
    seen: 'missed: neutron-dhcp-agent on network',
  })
})

test('or none of them', async () => {
  expect(await agentAlive(neutron, { host: 'network' }, false).probe(aLook())).toEqual({
    done: false,
    seen: 'alive: neutron-l3-agent on network',
  })
  expect(await agentAlive(nova, { host: 'compute' }, false).probe(aLook())).toMatchObject({ done: true })
})

test('an agent that never reported is neither alive nor missed', async () => {
  for (const alive of [true, false]) {
    expect(await agentAlive(nova, { host: 'compute-2' }, alive).probe(aLook())).toEqual({
      done: false,
      seen: 'there is none; there are nova-compute on compute',
    })
  }
})
