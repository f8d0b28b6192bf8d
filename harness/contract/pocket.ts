import type { Contract } from './contract.js'

/** A kernel with busybox: no OpenStack, no services. */
export const pocketContract: Contract = {
  name: 'pocket',
  init: 'busybox',
  kernelWords: 'ip={address}::{gateway}:{netmask}:{name}:eth0:off',
  roles: { pocket: { services: [], edits: [], restart: [] } },
}
