import { expect, test } from 'vitest'
import { metaOpenstackGrizzly } from '../../fixtures/contracts/meta-openstack-grizzly.js'
import { pocket } from '../../fixtures/topologies/pocket.js'
import { threeNode, threeNodes } from '../../fixtures/topologies/three-node.js'
import { openstackEnvironment } from './openstack-environment.js'
import { defineTopology } from './topology.js'

const demo = { username: 'demo', password: 'secret', project: 'trial' }

test('a cloud with domains is told as its clients want it', () => {
  expect(openstackEnvironment(threeNode, demo)).toEqual({
    OS_AUTH_URL: 'http://controller:5000/v3',
    OS_IDENTITY_API_VERSION: '3',
    OS_IMAGE_API_VERSION: '2',
    OS_VOLUME_API_VERSION: '3',
    OS_REGION_NAME: 'RegionOne',
    OS_USERNAME: 'demo',
    OS_PASSWORD: 'secret',
    OS_PROJECT_NAME: 'trial',
    OS_USER_DOMAIN_NAME: 'Default',
    OS_PROJECT_DOMAIN_NAME: 'Default',
  })
})

test('one without has tenants', () => {
  const old = defineTopology({ name: 'old', contract: metaOpenstackGrizzly, nodes: threeNodes })
  expect(openstackEnvironment(old, demo)).toMatchObject({
    OS_IDENTITY_API_VERSION: '2.0',
    OS_TENANT_NAME: 'trial',
  })
  expect(openstackEnvironment(old, demo)).not.toHaveProperty('OS_USER_DOMAIN_NAME')
})

test('a topology without a cloud has none', () => {
  expect(() => openstackEnvironment(pocket, demo)).toThrow(/needs a topology with OpenStack/)
})
