import type { Contract } from './contract.js'
import { debianZed } from './debian-zed.js'
import { pocketContract } from './pocket.js'

export type { Contract, FileEdit, Passwords, RoleContract, Symptom } from './contract.js'
export { debianZed } from './debian-zed.js'
export { pocketContract } from './pocket.js'

/** All contracts, by name. */
export const contracts: Readonly<Record<string, Contract>> = Object.fromEntries(
  [debianZed, pocketContract].map((contract) => [contract.name, contract]),
)
