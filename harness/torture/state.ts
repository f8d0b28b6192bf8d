import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import * as z from 'zod'
import { cacheFolder, projectFolder } from '../paths.js'
import { replaceFile } from '../replace-file.js'
import { makeFolder } from '../make-folder.js'
import type { RowRun } from './run-row.js'

const stateSchema = z.record(z.string(), z.object({ next: z.int(), done: z.int() }))
const keptSchema = z.array(z.object({ seed: z.int(), message: z.string() }))

const stateFile = (): string => join(cacheFolder(), 'torture.json')

/** Where failing cases of a row are kept: torture.test.ts attempts them again. */
export const keptFile = (row: string): string =>
  join(projectFolder, 'harness', 'torture', 'kept', `${row}.json`)

/** The seed with which a row goes on. */
export function nextSeed(row: string): number {
  return read(stateFile(), stateSchema, {})[row]?.next ?? 1
}

/** Writes down how far a row is, and which of its cases failed. */
export function noteRun(row: string, { seed, done, failures }: RowRun): void {
  const state = read(stateFile(), stateSchema, {})
  state[row] = { next: seed + done, done: (state[row]?.done ?? 0) + done }
  write(stateFile(), state)
  if (failures.length > 0) write(keptFile(row), [...kept(row), ...failures])
}

/** The cases of a row that failed once. */
export function kept(row: string): z.infer<typeof keptSchema> {
  return read(keptFile(row), keptSchema, [])
}

/** What cannot be read is begun anew: it says only where to go on. */
function read<T>(file: string, schema: z.ZodType<T>, otherwise: T): T {
  try {
    return schema.parse(JSON.parse(readFileSync(file, 'utf8')))
  } catch {
    return otherwise
  }
}

function write(file: string, content: unknown): void {
  makeFolder(dirname(file))
  replaceFile(file, `${JSON.stringify(content, null, 2)}\n`)
}
