import { expect, test } from 'vitest'
import { debianZedSysv } from '../../fixtures/contracts/debian-zed-sysv.js'
import { debianZed } from '../../fixtures/contracts/debian-zed.js'
import { metaOpenstackGrizzly } from '../../fixtures/contracts/meta-openstack-grizzly.js'
import { metaOpenstackThud } from '../../fixtures/contracts/meta-openstack-thud.js'
import { pocketContract } from '../../fixtures/contracts/pocket.js'
import { contractSchema } from './schema.js'

test.each([debianZed, debianZedSysv, metaOpenstackGrizzly, metaOpenstackThud, pocketContract])(
  '$name is the same after it was written down',
  (contract) => {
    expect(contractSchema.parse(JSON.parse(JSON.stringify(contract)))).toEqual(contract)
  },
)

test('what no images can keep is refused', () => {
  const pocket = { ...pocketContract, roles: {} }
  expect(contractSchema.safeParse(pocket).success).toBe(false)
  expect(contractSchema.safeParse({ ...pocketContract, init: 'runit' }).success).toBe(false)
  expect(contractSchema.safeParse({ ...pocketContract, more: 1 }).success).toBe(false)
})
