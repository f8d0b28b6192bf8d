import * as z from 'zod'

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

/** As JSON has it. */
export const findingSchema = z
  .object({
    what: z.string(),
    where: z.string(),
    since: z.number().optional(),
    proof: z.array(z.string()),
    explains: z.array(z.string()),
    mends: z.string().optional(),
  })
  .transform(({ since, mends, ...finding }): Finding => ({
    ...finding,
    ...(since !== undefined && { since }),
    ...(mends !== undefined && { mends }),
  }))

/** What it is, as `compute cannot reach … (since 14:02:11)`, by the clock of this machine. */
export const withTime = ({ what, since }: Pick<Finding, 'what' | 'since'>): string =>
  since === undefined ? what : `${what} (since ${new Date(since).toTimeString().slice(0, 8)})`

/** For people: a finding in a few lines. */
export function findingLines(finding: Finding): string[] {
  const { proof, explains, mends } = finding
  return [
    withTime(finding),
    ...proof.map((line) => `  ${line}`),
    ...explains.map((line) => `  so ${line}`),
    ...(mends === undefined ? [] : [`  mends it: ${mends}`]),
  ]
}
