/** ms that each row may take of `npm test`: no more than three minutes, all together. */
export const longestTogether = 180_000

/** Rows that need no machine. */
export const withoutMachines: Readonly<Record<string, number>> = {
  endpoints: 6000,
  'flood-http': 8000,
  neighbour: 4000,
  parsers: 12_000,
  regexes: 8000,
  shell: 8000,
  text: 6000,
}

/** Rows that boot or fork machines: of each at least one case is attempted, however busy this machine is. */
export const withMachines: Readonly<Record<string, number>> = {
  canary: 10_000,
  cycle: 15_000,
  faults: 15_000,
  'flood-guest': 20_000,
  kill: 25_000,
  makers: 15_000,
  torn: 15_000,
}
