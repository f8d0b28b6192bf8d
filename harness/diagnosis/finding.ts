/** Something that the diagnosis noticed, for people; every text of it may hold what a guest said. */
export interface Finding {
  /** What is wrong, one sentence without a full stop. */
  what: string
  /** A node, or `cloud` for what its APIs and databases say. */
  where: string
  /** When it began, ms since 1970 by the host's clock; undefined when that cannot be told: then it was after the fork. */
  since?: number
  /** What shows it: a rule, the lines of a difference, a line of a log. */
  proof: string[]
  /** `what` of the findings that follow from it. */
  explains: string[]
  /** What mends it, best as a command. */
  mends?: string
}

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
