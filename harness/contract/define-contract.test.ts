import { describe, expect, test } from 'vitest'
import type { ContractParts, Release, RoleContract } from './contract.js'
import { defineContract } from './define-contract.js'
import { ini } from './edits.js'
import { busybox, debian12Systemd, debian12Sysv, pokySystemd } from './operating-systems.js'

const conf = '/etc/nova/nova.conf'
const host = ini(conf, 'DEFAULT', 'host', '{name}')
const runs = (...services: string[]): RoleContract => ({ services, edits: [], restart: [] })
const cloud: NonNullable<Release['cloud']> = {
  identityUrl: 'http://{controller}:5000/v3',
  horizonUrl: 'http://{controller}',
  apis: { identity: 'v3', image: 'v2', volume: 'v3' },
  region: 'RegionOne',
  credentials: { username: 'admin', password: 'password', project: 'admin', domain: 'Default' },
  ports: { identity: 5000, image: 9292 },
}
const roles = {
  controller: runs('postgresql', 'nova-api'),
  compute: {
    services: ['openvswitch-switch', 'nova-compute'],
    edits: [host, ini(conf, 'neutron', 'auth_url', 'http://{controller}:5000/v3')],
    restart: ['openvswitch-switch', 'nova-compute'],
  },
  network: {
    services: ['openvswitch-switch', 'neutron-l3-agent'],
    edits: [host],
    restart: ['neutron-l3-agent'],
  },
}
const parts: ContractParts = {
  name: 'trial',
  operatingSystem: pokySystemd,
  release: { roles, cloud },
  layout: 'three-node',
}

test('a contract is its operating system, its release and its layout', () => {
  const { kernelWords, init, logs } = pokySystemd
  expect(defineContract(parts)).toEqual({ name: 'trial', init, kernelWords, logs, roles, cloud })
})

test('services go by the names that the operating system has for them, also where they are restarted', () => {
  const { compute, controller } = defineContract({ ...parts, operatingSystem: debian12Systemd }).roles
  expect(controller?.services).toEqual(['postgresql@15-main', 'nova-api'])
  expect(compute?.services).toEqual(['ovsdb-server', 'ovs-vswitchd', 'nova-compute'])
  expect(compute?.restart).toEqual(['ovsdb-server', 'ovs-vswitchd', 'nova-compute'])
})

test('one node runs what three run and is told what three are told, each thing once', () => {
  const contract = defineContract({ ...parts, operatingSystem: debian12Sysv, layout: 'all-in-one' })
  expect(contract.roles).toEqual({
    'all-in-one': {
      services: ['postgresql', 'nova-api', 'openvswitch-switch', 'nova-compute', 'neutron-l3-agent'],
      edits: roles.compute.edits,
      restart: ['openvswitch-switch', 'nova-compute', 'neutron-l3-agent'],
    },
  })
})

test('all that is wrong is said at once, with the file to correct', () => {
  const wrong = { ...parts, name: 'Trial', release: { roles: { one: runs('a', 'a') } } }
  expect(() => defineContract(wrong)).toThrow(
    expect.objectContaining({
      code: 'CONTRACT_INVALID',
      message: expect.stringMatching(
        /name must be of lower-case[\s\S]*a is there twice[\s\S]*fixtures\/contracts\/Trial\.ts/,
      ) as string,
    }),
  )
})

describe('refused', () => {
  const role = (change: Partial<RoleContract>): Partial<ContractParts> => ({
    operatingSystem: busybox,
    release: { roles: { pocket: { ...runs('one', 'two'), ...change } } },
  })
  const inCloud = (change: Partial<typeof cloud>): Partial<ContractParts> => ({
    release: { roles, cloud: { ...cloud, ...change } },
  })
  const words = (kernelWords: string): Partial<ContractParts> => ({
    operatingSystem: { ...busybox, kernelWords },
  })
  test.each<[string, Partial<ContractParts>]>([
    ['It has no roles', { operatingSystem: busybox, release: { roles: {} } }],
    ['three is restarted, and is none of its services', role({ edits: [host], restart: ['three'] })],
    ['nothing is restarted to read them', role({ edits: [host] })],
    ['and no file is edited', role({ restart: ['one'] })],
    [
      'host of [DEFAULT] in /etc/nova/nova.conf is set twice',
      role({ edits: [host, { ...host, value: 'x' }], restart: ['one'] }),
    ],
    [
      'nova.conf must have its full path',
      role({ edits: [{ ...host, file: 'nova.conf' }], restart: ['one'] }),
    ],
    ['must have a section if', role({ edits: [{ ...host, format: 'exports' }], restart: ['one'] })],
    [
      'must have a section if',
      role({ edits: [{ file: conf, format: 'ini', key: 'a', value: 'b' }], restart: ['one'] }),
    ],
    ['nothing fills in {nmae}', role({ edits: [{ ...host, value: '{nmae}' }], restart: ['one'] })],
    ['kernelWords: nothing fills in {controller}', words('ip={address} host={controller}')],
    [
      'No node has the role "queen"',
      { release: { roles, symptoms: [{ role: 'queen', command: 'x', means: 'y.' }] } },
    ],
    [
      'A cloud has a node with the role network',
      { release: { roles: { controller: roles.controller, compute: roles.compute }, cloud } },
    ],
    ['network: it has no services', { release: { roles: { ...roles, network: runs() }, cloud } }],
    ['identityUrl must be a URL on {controller}', inCloud({ identityUrl: 'http://controller:5000/v3' })],
    ['horizonUrl must be a URL on {controller}', inCloud({ horizonUrl: 'http://192.168.7.2' })],
    ['horizonUrl must not end with a slash', inCloud({ horizonUrl: 'http://{controller}/' })],
    ['must end with the version in apis, v3', inCloud({ identityUrl: 'http://{controller}:5000/v2.0' })],
    ['must have the port of identity, 5000', inCloud({ identityUrl: 'http://{controller}/v3' })],
    [
      'auth_url in /etc/nova/nova.conf must have the version of identity, v2.0',
      inCloud({
        identityUrl: 'http://{controller}:5000/v2.0',
        apis: { ...cloud.apis, identity: 'v2.0' },
      }),
    ],
  ])('%s', (reason, change) => {
    expect(() => defineContract({ ...parts, ...change })).toThrow(
      expect.objectContaining({
        code: 'CONTRACT_INVALID',
        message: expect.stringContaining(reason) as string,
      }),
    )
  })
})

test('the address of another service may have a version of its own', () => {
  const glance = ini(conf, 'glance', 'api_servers', 'http://{controller}:9292/v2')
  const compute = { ...roles.compute, edits: [...roles.compute.edits, glance] }
  const release = { roles: { ...roles, compute }, cloud }
  expect(defineContract({ ...parts, release }).roles['compute']?.edits).toContain(glance)
})
