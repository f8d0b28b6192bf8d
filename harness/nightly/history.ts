import { dirname, join } from 'node:path'
import { deflateSync, inflateSync } from 'node:zlib'
import type Database from 'better-sqlite3'
import { messageOf, StackrigError } from '../errors/index.js'
import { makeFolder } from '../make-folder.js'
import { cacheFolder } from '../paths.js'
import { firstCause, parseResults, type Results } from '../report/index.js'
import { schema, schemaVersion } from './history-schema.js'

/** Where the history of all projects lies: outside of them, for a checkout may be a new one every night. */
export const historyFile = (): string => join(cacheFolder(), 'nightly', 'history.sqlite')

/** ms that a writer waits for another. A night writes a few rows at a time. */
const patience = 60_000

/** Nights are kept for so long, ms: 400 days. */
const keptFor = 400 * 24 * 3_600_000

/** What tells a night from others that could go on. */
export interface NightKey {
  /** Name of the project. */
  project: string
  /** A digest of what is run, and of what: another one begins another night. */
  plan: string
}

/** One night: a run of some parts, however often it was broken off. */
export interface Night {
  id: number
  /** ms since 1970. */
  started: number
  ended?: number
  exitStatus?: number
  /** As they were asked for. */
  parts: string[]
}

/** One run of some files within a night. */
export interface NightRun {
  part: string
  project: string
  files: string[]
  /** Which it is of the runs of these files, from 1. */
  n: number
  /** Of the scenario's sources, fixtures and images; empty where nobody asks. */
  digest: string
  /** Folder of its results, from the project's. */
  folder: string
  results: Results
}

/** What became of a test, or of a file of tests, in one run of a night. */
export interface PastOutcome {
  night: number
  part: string
  project: string
  file: string
  name: string
  n: number
  state: Results['tests'][number]['state']
  class: string
  cause: string
  /** ms */
  duration: number
  issue: string
  folder: string
  /** As `NightRun.digest`. */
  digest: string
}

/** The nights of all projects in one file, that several processes write at a time (sqlite.org/wal.html). */
export class History implements Disposable {
  readonly #database: Database

  private constructor(database: Database) {
    this.#database = database
  }

  /** @throws StackrigError HOST_PROGRAM_MISSING without better-sqlite3, HOST_DISK when the file cannot be used. */
  static async open(file = historyFile()): Promise<History> {
    const { default: Opened } = await loadSqlite()
    try {
      makeFolder(dirname(file))
      const database = new Opened(file, { timeout: patience })
      try {
        database.pragma('journal_mode = WAL')
        database.pragma('foreign_keys = ON')
        database.transaction(() => prepareTables(database, file)).immediate()
      } catch (error) {
        database.close()
        throw error
      }
      return new History(database)
    } catch (error) {
      if (error instanceof StackrigError) throw error
      throw new StackrigError('HOST_DISK', 'the history of nights must be read and written', {
        where: file,
        seen: messageOf(error),
        next: 'make room; or move that file away: a new history begins',
        cause: error,
      })
    }
  }

  /** The last night of this key that has not ended, and began after some time. */
  openNight({ project, plan }: NightKey, since: number): Night | undefined {
    const sql = `SELECT * FROM nights WHERE project = ? AND plan = ? AND ended IS NULL AND started >= ? ORDER BY id DESC`
    const row = this.#database.prepare(sql).get(project, plan, since)
    return row === undefined ? undefined : nightOf(row as NightRow)
  }

  /** A night that begins now. What is older than 400 days goes. */
  beginNight({ project, plan }: NightKey, parts: readonly string[], now = Date.now()): Night {
    return this.#write(() => {
      this.#database.prepare('DELETE FROM nights WHERE started < ?').run(now - keptFor)
      const sql = 'INSERT INTO nights (project, plan, started, parts) VALUES (?, ?, ?, ?)'
      const { lastInsertRowid } = this.#database.prepare(sql).run(project, plan, now, parts.join(','))
      return { id: Number(lastInsertRowid), started: now, parts: [...parts] }
    })
  }

  /** The night is over: what its runs left behind in full lies in its results from now on. */
  endNight({ id }: Night, exitStatus: number, now = Date.now()): void {
    this.#write(() => {
      this.#database
        .prepare('UPDATE nights SET ended = ?, exit_status = ? WHERE id = ?')
        .run(now, exitStatus, id)
      this.#database.prepare('UPDATE runs SET results = NULL WHERE night = ?').run(id)
    })
  }

  /** Writes down a run as a whole, or not at all. */
  addRun({ id }: Night, run: NightRun): void {
    const { part, project, files, n, digest, folder, results } = run
    const packed = deflateSync(JSON.stringify(results))
    this.#write(() => {
      const sql = `INSERT INTO runs (night, part, n, folder, started, duration, exit_status, results) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`
      const { started, duration, exitStatus } = results
      const added = this.#database
        .prepare(sql)
        .run(id, part, n, folder, Date.parse(started), duration, exitStatus, packed)
      const runId = Number(added.lastInsertRowid)
      const addFile = this.#database.prepare(
        'INSERT INTO files (run, project, file, digest, duration, passed) VALUES (?, ?, ?, ?, ?, ?)',
      )
      for (const file of files) {
        const took = results.files.find((one) => one.project === project && one.file === file)?.duration
        const tests = results.tests.filter((test) => test.file === file)
        const well = tests.every(({ state }) => state !== 'failed' && state !== 'not run')
        // What went wrong outside of any test counts for a file that ran alone.
        const passed = well && (files.length > 1 || exitStatus === 0)
        addFile.run(runId, project, file, digest, took ?? 0, passed ? 1 : 0)
      }
      const addOutcome = this.#database.prepare(
        'INSERT INTO outcomes (run, project, file, name, state, class, cause, duration, issue) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
      )
      for (const test of results.tests) {
        const bad = test.state === 'failed' || test.state === 'known'
        const { project: of, file, name, state, duration, issue } = test
        const cause = bad ? firstCause(test) : ''
        addOutcome.run(runId, of, file, name, state, test.class ?? '', cause, duration, issue?.id ?? '')
      }
    })
  }

  /** The runs of a night that is not over, as they were written down. */
  runsOf({ id }: Night): NightRun[] {
    const rows = this.#database.prepare('SELECT * FROM runs WHERE night = ? ORDER BY id').all(id) as RunRow[]
    const files = this.#database.prepare('SELECT project, file, digest FROM files WHERE run = ?')
    return rows.flatMap(({ id: run, part, n, folder, results: packed }) => {
      const results = packed && parseResults(inflateSync(packed).toString())
      const own = files.all(run) as { project: string; file: string; digest: string }[]
      const [first] = own
      if (!results || first === undefined) return []
      const { project, digest } = first
      return [{ part, project, files: own.map(({ file }) => file), n, digest, folder, results }]
    })
  }

  /** What files of a project took when they last ran, ms, by `fileKey` of the report. */
  lastDurations(project: string): Map<string, number> {
    const sql = `SELECT files.project || ': ' || files.file AS key, files.duration AS duration FROM files
      JOIN runs ON runs.id = files.run JOIN nights ON nights.id = runs.night
      WHERE nights.project = ? AND files.duration > 0 ORDER BY files.run`
    const rows = this.#database.prepare(sql).all(project) as { key: string; duration: number }[]
    return new Map(rows.map(({ key, duration }) => [key, duration]))
  }

  /** Whether nights of this project have ended before: without any, everything is new. */
  hasNights(project: string): boolean {
    const sql = 'SELECT 1 FROM nights WHERE project = ? AND ended IS NOT NULL'
    return this.#database.prepare(sql).get(project) !== undefined
  }

  /** Whether a test of this file was seen in a night that has ended. */
  knowsTest(project: string, { file, name }: { file: string; name: string }): boolean {
    const sql = `SELECT 1 FROM outcomes JOIN runs ON runs.id = outcomes.run JOIN nights ON nights.id = runs.night
      WHERE nights.project = ? AND nights.ended IS NOT NULL AND outcomes.file = ? AND outcomes.name = ?`
    return this.#database.prepare(sql).get(project, file, name) !== undefined
  }

  /** The digest of a file in the last night that has ended and in which all its runs of this part passed. */
  lastGreenDigest(project: string, part: string, file: string): string | undefined {
    const sql = `SELECT max(files.digest) AS digest FROM files
      JOIN runs ON runs.id = files.run JOIN nights ON nights.id = runs.night
      WHERE nights.project = ? AND nights.ended IS NOT NULL AND runs.part = ? AND files.file = ?
      GROUP BY nights.id HAVING min(files.passed) = 1 ORDER BY nights.id DESC LIMIT 1`
    const row = this.#database.prepare(sql).get(project, part, file)
    return (row as { digest: string } | undefined)?.digest
  }

  /** The last nights of a project, the latest first. */
  nights(project: string, most: number): Night[] {
    const sql = 'SELECT * FROM nights WHERE project = ? ORDER BY id DESC LIMIT ?'
    return (this.#database.prepare(sql).all(project, most) as NightRow[]).map(nightOf)
  }

  /** All that ran in a night. */
  outcomesOf({ id }: Night): PastOutcome[] {
    const sql = `SELECT runs.night, runs.part, runs.n, runs.folder, outcomes.project, outcomes.file, outcomes.name, outcomes.state,
      outcomes.class, outcomes.cause, outcomes.duration, outcomes.issue, coalesce(files.digest, '') AS digest
      FROM outcomes JOIN runs ON runs.id = outcomes.run
      LEFT JOIN files ON files.run = outcomes.run AND files.project = outcomes.project AND files.file = outcomes.file
      WHERE runs.night = ? ORDER BY outcomes.id`
    return this.#database.prepare(sql).all(id) as PastOutcome[]
  }

  #write<T>(work: () => T): T {
    return this.#database.transaction(work).immediate()
  }

  [Symbol.dispose](): void {
    this.#database.close()
  }
}

interface NightRow {
  id: number
  started: number
  ended: number | null
  exit_status: number | null
  parts: string
}

interface RunRow {
  id: number
  part: string
  n: number
  folder: string
  results: Buffer | null
}

const nightOf = ({ id, started, ended, exit_status, parts }: NightRow): Night => ({
  ...{ id, started, parts: parts.split(',') },
  ...(ended !== null && { ended }),
  ...(exit_status !== null && { exitStatus: exit_status }),
})

async function loadSqlite(): Promise<typeof import('better-sqlite3')> {
  try {
    return await import('better-sqlite3')
  } catch (error) {
    throw new StackrigError(
      'HOST_PROGRAM_MISSING',
      'better-sqlite3 must be installed for the history of nights',
      {
        seen: messageOf(error).split('\n', 1)[0],
        next: 'npm ci; where it has to be built: apt-get install g++ make python3',
        cause: error,
      },
    )
  }
}

/** @throws StackrigError HOST_DISK for a history of a later stackrig. */
function prepareTables(database: Database, file: string): void {
  const { user_version: version } = database.prepare('PRAGMA user_version').get() as { user_version: number }
  if (version === schemaVersion) return
  if (version === 0) {
    database.exec(`${schema}; PRAGMA user_version = ${schemaVersion}`)
    return
  }
  throw new StackrigError('HOST_DISK', 'the history of nights must be of this stackrig', {
    where: file,
    seen: `version ${version}; this stackrig has ${schemaVersion}`,
    next: 'use the later stackrig, or move that file away: a new history begins',
  })
}
