import { humanDuration } from '../duration.js'
import { messageOf, StackrigError } from '../errors/index.js'
import {
  expectedDuration,
  restOf,
  scenarioDigest,
  timesOf,
  type History,
  type Night,
  type NightRun,
  type Piece,
} from '../nightly/index.js'
import { isCheckout } from '../paths.js'
import type { Results } from '../report/index.js'
import { interrupted } from './interrupt.js'
import type { NightPlan, PlannedPart } from './plan-night.js'
import { prepareAll } from './prepare-all.js'
import { print } from './print.js'
import { programResults } from './program-results.js'
import { runApart } from './run-apart.js'
import { runProgramPart } from './run-program-part.js'
import { jobsHere, sideBySide, type Jobs } from './side-by-side.js'
import { wordsForEachRun } from './words-for-each-run.js'

/** A night that was broken off goes on when it began less than so long ago, ms. */
const goesOnFor = 24 * 3_600_000

/** What a night is run with. */
export interface NightGiven {
  history: History
  project: string
  plan: NightPlan
  /** What the night is called in the history while it runs: for a shard, not the project itself. */
  title: string
  jobs: Jobs
  again: boolean
  torture: 'small' | 'nightly'
}

/** One night, from where it stands to its end. */
export class NightRunner {
  readonly #given: NightGiven
  readonly night: Night
  /** What has been run of it. */
  readonly #runs: NightRun[]
  /** Runs that this process has begun. */
  #begun = 0

  constructor(given: NightGiven) {
    this.#given = given
    const { history, title, plan, again } = given
    const key = { project: title, plan: plan.key }
    const open = again ? undefined : history.openNight(key, Date.now() - goesOnFor)
    this.night =
      open ??
      history.beginNight(
        key,
        plan.parts.map(({ name }) => name),
      )
    this.#runs = open ? history.runsOf(open) : []
    if (open) print(`goes on with the night that began ${new Date(open.started).toLocaleString()}`)
  }

  /** Runs what is left of it. @param onPart called at the end of each part @returns all that was run of it */
  async run(onPart: () => Promise<unknown>): Promise<NightRun[]> {
    const { plan } = this.#given
    for (const part of plan.parts) print(this.#announce(part))
    try {
      for (const part of plan.parts) {
        await this.#runPart(part)
        await onPart()
      }
    } catch (error) {
      print('', 'broken off; the same command goes on where it was')
      throw error
    }
    return this.#runs
  }

  #announce({ name, pieces }: PlannedPart): string {
    const left = pieces.flatMap((piece) => this.#rest(piece) ?? [])
    const files = left.flatMap((piece) => piece.files.map((file) => ({ project: piece.project, file })))
    const known = files.reduce((sum, file) => sum + expectedDuration(this.#given.plan.durations, file), 0)
    const all = pieces.reduce((sum, piece) => sum + piece.files.length, 0)
    const done = all > files.length ? ` (${all - files.length} of ${all} are done)` : ''
    return `  ${name}: ${files.length} to run${done}, about ${humanDuration(known)} of work`
  }

  /** What a piece has that has not been run as often as it should. */
  #rest(piece: Piece): Piece | undefined {
    return restOf(piece, (file) => this.#runsOf(piece, file) > 0)
  }

  #runsOf({ part, project }: Piece, file: string): number {
    return this.#runs.filter(
      (run) => run.part === part && run.project === project && run.files.includes(file),
    ).length
  }

  async #runPart({ name, part, pieces }: PlannedPart): Promise<void> {
    const { jobs } = this.#given
    if (pieces.length === 0) return
    if (typeof part === 'string') {
      for (const piece of pieces.flatMap((one) => this.#rest(one) ?? [])) {
        interrupted.throwIfAborted()
        const [row = name] = piece.files
        const amount = this.#given.torture
        const results = await runProgramPart({ part, row, amount, shown: true })
        this.#add(piece, { n: 1, digest: '', results, folder: '' })
      }
      return
    }
    const waiting = pieces.filter((piece) => this.#rest(piece) ?? isScenario(piece))
    if (isCheckout && waiting.some((piece) => this.#rest(piece))) {
      const own = part.projects.filter((project) => waiting.some((piece) => piece.project === project))
      await prepareAll(own)
    }
    const side = Math.min(jobsHere(jobs, [...new Set(pieces.map(({ project }) => project))]), waiting.length)
    await sideBySide(waiting, side, (piece) => this.#runPiece(piece, part.tags, side === 1))
  }

  /** A piece, as often as it has to be run: of scenarios that depends on what they are made of, and on the tests there are. */
  async #runPiece(piece: Piece, tags: readonly string[], shown: boolean): Promise<void> {
    const { history, project } = this.#given
    const [file = ''] = piece.files
    const scenario = isScenario(piece)
    const topologies = piece.project === 'all-in-one' ? ['all-in-one'] : []
    const digest = scenario ? await scenarioDigest(file, topologies) : ''
    const rest = this.#rest(piece)
    if (rest) await this.#runOnce(rest, { n: 1, digest, tags, shown })
    if (!scenario) return
    const first = this.#runs.find((run) => run.part === piece.part && run.files.includes(file))
    const tests = first?.results.tests.filter(isSeen).map(({ name }) => name) ?? []
    const times = timesOf(history, { project, part: piece.part, file, digest, tests })
    for (let n = this.#runsOf(piece, file) + 1; n <= times; n++)
      await this.#runOnce(piece, { n, digest, tags, shown, of: times })
  }

  async #runOnce(
    piece: Piece,
    {
      n,
      digest,
      tags,
      shown,
      of = 1,
    }: { n: number; digest: string; tags: readonly string[]; shown: boolean; of?: number },
  ): Promise<void> {
    this.#begun += 1
    // Short: the folder's name stands in commands that people copy, on one line.
    const label = `nightly-${this.night.id}-${process.pid}-${this.#begun}`
    const { files, project } = piece
    const each = wordsForEachRun({ files, project: [project], ...(tags.length > 0 && { tags }) })
    const started = new Date()
    const ran = runApart(['--label', label, ...each], { shown })
    const { results, folder } = await ran.catch((error: unknown) => diedRun(piece, started, error))
    if (results.interrupted) throw new StackrigError('ABORTED', 'a run of the night was ended from outside')
    this.#add(piece, { n, digest, results, folder }, of)
  }

  #add(piece: Piece, run: Pick<NightRun, 'n' | 'digest' | 'results' | 'folder'>, of = 1): void {
    const whole: NightRun = { ...piece, ...run }
    this.#given.history.addRun(this.night, whole)
    this.#runs.push(whole)
    const { passed, failed, known, duration } = run.results
    const [first = ''] = piece.files
    const what = piece.files.length === 1 ? first : `${piece.files.length} files`
    const again = run.n > 1 ? `, run ${run.n} of ${of}` : ''
    const counts = `${passed} passed, ${failed} failed${known > 0 ? `, ${known} known` : ''}`
    print(`${piece.part}: ${what}${again}: ${counts}, ${humanDuration(duration)}`)
  }
}

/** A process that died without results fails its files; the night goes on. Throws the reason of an interruption. */
function diedRun(
  { project, files }: Piece,
  started: Date,
  error: unknown,
): { results: Results; folder: string } {
  interrupted.throwIfAborted()
  const base = { part: project, row: files[0] ?? '', started, duration: Date.now() - started.getTime() }
  const message = messageOf(error)
  return { results: programResults(base, [{ state: 'failed', class: 'harness', message }]), folder: '' }
}

const isSeen = ({ kind, state }: Results['tests'][number]): boolean => kind === 'test' && state !== 'skipped'
const isScenario = ({ project }: Piece): boolean => project === 'scenarios' || project === 'all-in-one'

/** Part of a folder's or a lock's name. */
export const fileName = (text: string): string => text.replaceAll(/[^\w.-]+/g, '-')
