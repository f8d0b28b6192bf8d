export type {
  ApiVersions,
  Contract,
  ContractParts,
  FactsCommand,
  FileEdit,
  Layout,
  OperatingSystem,
  Part,
  Passwords,
  Purpose,
  Release,
  RoleContract,
  Symptom,
} from './contract.js'
export { defineContract } from './define-contract.js'
export { contractSchema } from './schema.js'
export { exported, ini } from './edits.js'
export { metaOpenstack } from './meta-openstack.js'
export { openstackParts, openstackPurposes } from './openstack-parts.js'
export { busybox, debian12Systemd, debian12Sysv, pokySystemd, pokySysv } from './operating-systems.js'
