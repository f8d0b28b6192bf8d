export type { Contract, FileEdit, RoleContract } from './contract.js'
export { debianZed } from './debian-zed.js'
export { pocketContract } from './pocket.js'
