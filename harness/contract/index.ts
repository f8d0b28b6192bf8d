import { StackrigError } from '../errors/index.js'
import type { Contract } from './contract.js'
import { debianZed } from './debian-zed.js'
import { debianZedSysv } from './debian-zed-sysv.js'
import { metaOpenstackGrizzly } from './meta-openstack-grizzly.js'
import { metaOpenstackHavana } from './meta-openstack-havana.js'
import { metaOpenstackJuno } from './meta-openstack-juno.js'
import { metaOpenstackThud } from './meta-openstack-thud.js'
import { pocketContract } from './pocket.js'

export type { ApiVersions, Contract, FileEdit, Passwords, RoleContract, Symptom } from './contract.js'
export { debianZed } from './debian-zed.js'
export { debianZedSysv } from './debian-zed-sysv.js'
export { metaOpenstackGrizzly } from './meta-openstack-grizzly.js'
export { metaOpenstackHavana } from './meta-openstack-havana.js'
export { metaOpenstackJuno } from './meta-openstack-juno.js'
export { metaOpenstackThud } from './meta-openstack-thud.js'
export { pocketContract } from './pocket.js'

const all = [
  ...[debianZed, debianZedSysv],
  ...[metaOpenstackGrizzly, metaOpenstackHavana, metaOpenstackJuno, metaOpenstackThud],
  pocketContract,
]

/** All contracts, by name. */
export const contracts: Readonly<Record<string, Contract>> = Object.fromEntries(
  all.map((contract) => [contract.name, contract]),
)

/** The contract of a name. @throws StackrigError USAGE */
export function contractNamed(name: string): Contract {
  const contract = contracts[name]
  if (contract) return contract
  throw new StackrigError('USAGE', `there is no contract "${name}"`, {
    seen: Object.keys(contracts).join(', '),
  })
}
