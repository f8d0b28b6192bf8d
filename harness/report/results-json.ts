import { relative } from 'node:path'
import * as z from 'zod'
import { findingSchema } from '../timeline/index.js'
import { exitStatus } from './exit-status.js'
import { classOfOutcome, countOutcomes, runSucceeded, type Outcome, type Run } from './run.js'

/** Raised when a key changes its meaning or goes; new keys may come without. */
const version = 1

const classSchema = z.enum(['product', 'scenario', 'host', 'harness'])

/** `results.json`; docs/nightly.md describes it. Keys that are not known here are left alone: a later stackrig wrote them. */
const resultsSchema = z.object({
  format: z.literal('stackrig-results'),
  version: z.literal(version),
  started: z.string(),
  duration: z.number(),
  ok: z.boolean(),
  exitStatus: z.number(),
  interrupted: z.boolean(),
  laidOver: z.array(z.string()).optional(),
  passed: z.number(),
  failed: z.number(),
  /** Not there before known issues were. */
  known: z.number().default(0),
  skipped: z.number(),
  notRun: z.number(),
  files: z.array(z.object({ project: z.string(), file: z.string(), duration: z.number() })),
  tests: z.array(
    z.object({
      kind: z.enum(['test', 'file', 'run']),
      project: z.string(),
      file: z.string(),
      name: z.string(),
      tags: z.array(z.string()),
      state: z.enum(['passed', 'failed', 'known', 'skipped', 'not run']),
      class: classSchema.optional(),
      started: z.string().optional(),
      duration: z.number(),
      note: z.string().optional(),
      evidence: z.string().optional(),
      canRewind: z.literal(true).optional(),
      held: z.object({ name: z.string(), node: z.string() }).optional(),
      issue: z.object({ id: z.string(), until: z.string(), url: z.string().optional() }).optional(),
      timeline: z.string().optional(),
      story: z
        .object({
          findings: z.array(findingSchema),
          unseen: z.array(z.string()).optional(),
          wanted: z.string().optional(),
          seen: z.string().optional(),
        })
        .optional(),
      steps: z
        .array(
          z.object({
            n: z.number(),
            depth: z.number(),
            name: z.string(),
            state: z.enum(['passed', 'failed']),
            started: z.string(),
            duration: z.number(),
          }),
        )
        .optional(),
      errors: z.array(
        z.object({
          class: classSchema,
          code: z.string().optional(),
          errorClass: z.string().optional(),
          message: z.string(),
          diff: z.string().optional(),
          stack: z.string().optional(),
          step: z.string().optional(),
        }),
      ),
    }),
  ),
})

export type Results = z.infer<typeof resultsSchema>

/** The text of `results.json`; folders of evidence are named from the folder it lies in. */
export function resultsJson(run: Run, folder: string): string {
  const results: Results = {
    format: 'stackrig-results',
    version,
    started: run.started.toISOString(),
    duration: Math.round(run.duration),
    ok: runSucceeded(run),
    exitStatus: exitStatus(run),
    interrupted: run.interrupted,
    ...(run.laidOver && { laidOver: run.laidOver }),
    ...countOutcomes(run),
    files: run.files.map((file) => ({ ...file, duration: Math.round(file.duration) })),
    tests: run.outcomes.map((outcome) => testOf(outcome, folder)),
  }
  return `${JSON.stringify(results, null, 2)}\n`
}

/** What a `results.json` says; nothing when it is of another form, as those of vitest are. */
export function parseResults(text: string): Results | undefined {
  try {
    return resultsSchema.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}

function testOf(outcome: Outcome, folder: string): Results['tests'][number] {
  const { kind, project, file, name, tags, state, note, started, evidence, held, issue, steps } = outcome
  const { timeline, story, canRewind } = outcome
  const itsClass = classOfOutcome(outcome)
  return {
    kind,
    project,
    file,
    name,
    tags,
    state,
    ...(itsClass && { class: itsClass }),
    ...(started && { started: started.toISOString() }),
    duration: Math.round(outcome.duration),
    ...(note !== undefined && { note }),
    ...(evidence !== undefined && { evidence: relative(folder, evidence) }),
    ...(canRewind && { canRewind }),
    ...(held && { held }),
    ...(issue && { issue }),
    ...(timeline !== undefined && { timeline: relative(folder, timeline) }),
    ...(story && { story }),
    ...(steps && { steps: steps.map((step) => ({ ...step, started: step.started.toISOString() })) }),
    errors: outcome.failures,
  }
}
