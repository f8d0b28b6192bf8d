import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as z from 'zod'
import { StackrigError } from '../errors/index.js'
import { replaceFile } from '../replace-file.js'
import { snapshotRecordSchema } from './snapshot-record.js'

const placeSchema = z.strictObject({
  /** The number of the outermost step; none of a failure outside all steps. */
  n: z.int().optional(),
  name: z.string(),
  status: z.enum(['passed', 'failed']),
  /** Host's clock. */
  at: z.iso.datetime(),
  /** The moment's folder beside this file. */
  moment: z.string().optional(),
  /** Why there is none. */
  missing: z.string().optional(),
})

/** A place in a scenario that one can go back to. */
export type MomentPlace = z.infer<typeof placeSchema>

const rowSchema = z.strictObject({
  format: z.literal('stackrig-moments'),
  version: z.literal(1),
  /** Of the scenario: path of its file from the project's folder, and its full name. */
  file: z.string(),
  test: z.string(),
  /** The topology or stage that it forked. */
  start: z.string(),
  snapshot: snapshotRecordSchema,
  /** The ends of its outermost steps. */
  steps: z.array(placeSchema),
  /** Where it failed. */
  failure: placeSchema.optional(),
  /** None while it runs, or when its process was killed. */
  ended: z.enum(['passed', 'failed']).optional(),
})

/** The moments of one run of a scenario, and what is needed to enter them. */
export type MomentRow = z.infer<typeof rowSchema>

const rowFile = (root: string): string => join(root, 'moments.json')

export function writeRow(root: string, row: MomentRow): void {
  replaceFile(rowFile(root), `${JSON.stringify(row, null, 2)}\n`)
}

/** The row in a folder of moments; undefined when there is none, or one of another version. */
export function findRow(root: string): MomentRow | undefined {
  try {
    return rowSchema.parse(JSON.parse(readFileSync(rowFile(root), 'utf8')))
  } catch {
    return undefined
  }
}

/**
 * The place that a person means: the end of an outermost step by its number, and without one where the scenario failed, or
 * its last step.
 * @throws StackrigError USAGE when there is no such step, SNAPSHOT_BROKEN when no moment was taken there, or it is gone.
 */
export function placeOf(row: MomentRow, step?: number): MomentPlace & { moment: string } {
  const place = step === undefined ? (row.failure ?? row.steps.at(-1)) : row.steps.find(({ n }) => n === step)
  const where = `${row.file}: ${row.test}`
  if (place === undefined) {
    throw new StackrigError(
      'USAGE',
      step === undefined ? 'it must have a moment' : `there must be a step ${step}`,
      {
        ...{
          where,
          seen: row.steps.map(({ n, name }) => `step ${n ?? 0}: ${name}`).join('\n') || 'it has no steps',
        },
        next: '--step 0 is the cluster just after its fork',
      },
    )
  }
  const { moment } = place
  if (moment !== undefined) return { ...place, moment }
  throw new StackrigError('SNAPSHOT_BROKEN', `there must be a moment of "${place.name}"`, {
    where,
    seen: place.missing ?? 'none was taken',
    next: 'npx stackrig rewind lists those there are',
  })
}
