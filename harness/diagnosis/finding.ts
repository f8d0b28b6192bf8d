import type { Finding } from '../timeline/index.js'

/** A finding while its place among the others is not known yet. */
export interface Suspicion extends Omit<Finding, 'explains'> {
  tier: Tier
  /** What it breaks, in the words of `needs.ts`. */
  breaks: readonly string[]
  /** Words by which an error or a log line speaks of it: a path, a port, a unit. */
  words: readonly string[]
  /** It may well do no harm: told only when something failed that has shown so itself. */
  soft?: true
}

/**
 * How near to a first cause a suspicion of a kind is: what somebody changed comes before what stopped working, and that
 * before what others say of it.
 */
export const tiers = ['absent', 'changed', 'stopped', 'unreachable', 'reported', 'said'] as const
export type Tier = (typeof tiers)[number]
