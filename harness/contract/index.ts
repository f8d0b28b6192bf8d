import type { Contract } from './contract.js'
import { debianZed } from './debian-zed.js'
import { debianZedSysv } from './debian-zed-sysv.js'
import { pocketContract } from './pocket.js'

export type { Contract, FileEdit, Passwords, RoleContract, Symptom } from './contract.js'
export { debianZed } from './debian-zed.js'
export { debianZedSysv } from './debian-zed-sysv.js'
export { pocketContract } from './pocket.js'

/** All contracts, by name. */
export const contracts: Readonly<Record<string, Contract>> = Object.fromEntries(
  [debianZed, debianZedSysv, pocketContract].map((contract) => [contract.name, contract]),
)
