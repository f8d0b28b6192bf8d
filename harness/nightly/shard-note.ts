import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as z from 'zod'
import { messageOf, StackrigError } from '../errors/index.js'
import { parseResults } from '../report/index.js'
import type { NightRun } from './history.js'

const pieceSchema = z.object({ part: z.string(), project: z.string(), files: z.array(z.string()) })

const planSchema = z.object({
  format: z.literal('stackrig-night-plan'),
  version: z.literal(1),
  /** As `NightPlan.key`: of what is run, and of the sources. */
  key: z.string(),
  parts: z.array(z.string()),
  /** What each machine runs. */
  shards: z.array(
    z.object({ pieces: z.array(pieceSchema), goldens: z.array(z.string()), takes: z.number() }),
  ),
})

/** What each of several machines runs of a night. */
export type SpreadPlan = z.infer<typeof planSchema>

const noteSchema = z.object({
  format: z.literal('stackrig-shard'),
  version: z.literal(1),
  /** From 1. */
  index: z.number(),
  plan: planSchema,
  runs: z.array(
    pieceSchema.extend({ n: z.number(), digest: z.string(), folder: z.string(), results: z.unknown() }),
  ),
})

/** What one of them has run. */
export interface ShardNote {
  index: number
  plan: SpreadPlan
  runs: NightRun[]
}

/** `results/nightly/shard-2-of-4.json` */
export const shardNoteName = ({ index, count }: { index: number; count: number }): string =>
  `shard-${index}-of-${count}.json`

export const shardNoteText = (note: ShardNote): string =>
  `${JSON.stringify({ format: 'stackrig-shard', version: 1, ...note })}\n`

/** @throws StackrigError USAGE when it is none. */
export function readSpreadPlan(file: string): SpreadPlan {
  return parsed(file, (text) => planSchema.parse(JSON.parse(text)))
}

/**
 * What shards have left in folders of results, each as `results` of its machine is; the folders of their runs are below these.
 * @throws StackrigError USAGE for a folder without one, or with what is none.
 */
export function readShardNotes(folders: readonly string[]): ShardNote[] {
  return folders.flatMap((folder) => {
    const nightly = join(folder, 'nightly')
    const names = namesIn(nightly).filter((name) => /^shard-\d+-of-\d+\.json$/.test(name))
    if (names.length === 0) throw noNote(nightly, 'there is no shard-N-of-M.json')
    return names.map((name) => parsed(join(nightly, name), (text) => parseNote(text, folder)))
  })
}

function parseNote(text: string, folder: string): ShardNote {
  const { index, plan, runs } = noteSchema.parse(JSON.parse(text))
  return {
    ...{ index, plan },
    runs: runs.map((run) => {
      const results = parseResults(JSON.stringify(run.results))
      if (!results) throw new Error('the results of a run are not of their form')
      // Of a program, there is no folder.
      const name = run.folder.split('/').at(-1) ?? ''
      return { ...run, results, folder: name === '' ? '' : join(folder, name) }
    }),
  }
}

function parsed<T>(file: string, parse: (text: string) => T): T {
  try {
    return parse(readFileSync(file, 'utf8'))
  } catch (error) {
    throw noNote(file, messageOf(error))
  }
}

const noNote = (where: string, seen: string): StackrigError =>
  new StackrigError('USAGE', 'what machines have left of a night must be of its form', {
    ...{ where, seen, next: 'docs/nightly.md, "On several machines"' },
  })

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}
