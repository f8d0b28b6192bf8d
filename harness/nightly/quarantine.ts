import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import * as z from 'zod'
import { messageOf, StackrigError } from '../errors/index.js'
import { projectFolder } from '../paths.js'
import { failed, type Outcome, type Run } from '../report/index.js'

export const quarantineFile = join(projectFolder, 'quarantine.yaml')

const entrySchema = z.strictObject({
  /** Path of the file from the project's folder. */
  scenario: z.string(),
  /** One test of it; without, all of them. */
  test: z.string().optional(),
  /** Where it is being looked into. */
  issue: z.string().min(1),
  /** The last night in which it cannot fail the night. */
  until: z.iso.date(),
})

/** A scenario that flakes, and cannot fail a night until a date. */
export type Quarantined = z.infer<typeof entrySchema>

/** @throws StackrigError USAGE when the file is not of its form, or names a file that is not there. */
export function readQuarantine(file = quarantineFile, project = projectFolder): Quarantined[] {
  if (!existsSync(file)) return []
  const entries = parseQuarantine(readFileSync(file, 'utf8'), file)
  const gone = entries.find(({ scenario }) => !existsSync(join(project, scenario)))
  if (gone) throw wrong(file, `there is no ${gone.scenario}`)
  return entries
}

export function parseQuarantine(text: string, where: string): Quarantined[] {
  try {
    return z.array(entrySchema).parse(parse(text) ?? [])
  } catch (error) {
    const issue = error instanceof z.ZodError ? error.issues[0] : undefined
    throw wrong(where, issue ? `${issue.path.join('.')}: ${issue.message}` : messageOf(error))
  }
}

const wrong = (where: string, seen: string): StackrigError =>
  new StackrigError('USAGE', 'quarantine.yaml must be a list of { scenario, test?, issue, until }', {
    ...{ where, seen, next: 'docs/nightly.md describes it' },
  })

/**
 * What becomes of a night under quarantine: a failure that is under it is known, until its last day; one whose day is over fails the night,
 * whatever its scenario does.
 * @param today as `2026-12-31`, where the night is
 */
export function judgeQuarantine(run: Run, quarantine: readonly Quarantined[], today: string): Run {
  return { ...run, outcomes: run.outcomes.map((outcome) => judge(outcome, quarantine, today)) }
}

function judge(outcome: Outcome, quarantine: readonly Quarantined[], today: string): Outcome {
  const entry = quarantine.find(
    ({ scenario, test }) => scenario === outcome.file && (test === undefined || isNamed(outcome, test)),
  )
  if (entry === undefined || outcome.state === 'skipped' || outcome.state === 'not run') return outcome
  const { issue: id, until } = entry
  if (today > until) {
    return failed(
      outcome,
      `its quarantine ended on ${until} (${id}): mend it, or take it out of quarantine.yaml`,
    )
  }
  return outcome.state === 'failed' ? { ...outcome, state: 'known', issue: { id, until } } : outcome
}

/** Of several runs of a test, each but the first has its number in its name. */
const isNamed = ({ name }: Outcome, test: string): boolean =>
  name === test || name.startsWith(`${test} (run `)
