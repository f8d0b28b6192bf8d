export type { Condition, Look, Seen } from './condition.js'
export * from './conditions/index.js'
export { invariant, type WatchedInvariant } from './invariant.js'
export { waitFor, type WaitOptions } from './wait-for.js'
