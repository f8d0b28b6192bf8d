/**
 * The version of each API where it changes what a client says. Compute (v2, v2.1) and network (Quantum, Neutron) are
 * the same for what is asked here.
 */
export interface Apis {
  identity: 'v2.0' | 'v3'
  image: 'v1' | 'v2'
  volume: 'v1' | 'v3'
}

export const newestApis: Apis = { identity: 'v3', image: 'v2', volume: 'v3' }
