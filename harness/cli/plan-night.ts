import { readdirSync } from 'node:fs'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import {
  findPart,
  folderDigest,
  piecesOf,
  type History,
  type Piece,
  type ProgramPart,
  type TestPart,
} from '../nightly/index.js'
import { fileStem, isCheckout, packageFolder } from '../paths.js'
import { lastDurations } from '../report/index.js'
import { listTests } from './list-tests.js'
import { resultsRoot } from './results-folder.js'

/** A part of a night that is to be run. */
export interface PlannedPart {
  name: string
  part: TestPart | ProgramPart
  pieces: Piece[]
}

/** All that a night is to run. */
export interface NightPlan {
  parts: PlannedPart[]
  /** Changes with what is run, and with the sources of it: a night of another one does not go on. */
  key: string
  /** What files took when they last ran, ms. */
  durations: Map<string, number>
}

/** What the tests of a project are made of, apart from packages. */
const sources = [
  ...['harness', 'fixtures', 'scenarios', 'images.lock', 'package.json', 'package-lock.json'],
  ...['vitest.config.ts', 'eslint.config.js', 'tsconfig.json'],
]

/** @throws StackrigError USAGE for a part that there is not. */
export async function planNight(
  names: readonly string[],
  { history, project, amount }: { history: History; project: string; amount: string },
): Promise<NightPlan> {
  const found = names.map((name) => ({ name, part: findPart(name, isCheckout) }))
  const durations = new Map([
    ...[...(await lastDurations(resultsRoot))].map(([key, { duration }]): [string, number] => [
      key,
      duration,
    ]),
    ...history.lastDurations(project),
  ])
  const choices = found.map(({ part }) =>
    typeof part === 'string'
      ? { projects: [], files: [], slow: true }
      : { projects: part.projects, files: [], slow: true, tags: part.tags },
  )
  const listed = await listTests(choices)
  const parts = found.map(({ name, part }, at) => ({
    ...{ name, part },
    pieces: typeof part === 'string' ? programPieces(part) : piecesOf(name, listed[at] ?? [], durations),
  }))
  const digest = await folderDigest(sources)
  const key = createHash('sha256')
    .update(JSON.stringify([names, amount, digest]))
    .digest('hex')
    .slice(0, 24)
  return { parts, key, durations }
}

/** One piece for each row of the torture; they are named as the files of `harness/torture/rows`. */
function programPieces(part: ProgramPart): Piece[] {
  const rows =
    part === 'torture'
      ? readdirSync(join(packageFolder, 'harness', 'torture', 'rows'))
          .filter((name) => name.endsWith('.ts'))
          .map(fileStem)
          .sort()
      : [part]
  return rows.map((row) => ({ part, project: part, files: [row] }))
}
